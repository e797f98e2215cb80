-- A trigger that an earlier release had under another name.
do $$
declare
    v_trigger record;
begin
    for v_trigger in
        select difference.object, difference.aspect
        from private.access_differences() as difference
        where difference.expected is null and difference.aspect like 'trigger %%' and difference.kind = 'table'
    loop
        execute format('drop %%s on %%s', v_trigger.aspect, v_trigger.object);
    end loop;
end
$$;
