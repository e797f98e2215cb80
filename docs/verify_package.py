"""Judges an evidence package of Peerledger. Plain Python 3: no package, no database, no network.

    python3 verify_package.py [DIRECTORY] [--key VKEY]... [--seen CHECKPOINT]...

DIRECTORY  the package: where this program lies, if not given. verify_proof.py must lie beside this program.
--key      the public key that you were given, name+id+base64; the checkpoint must be signed by it.
--seen     a checkpoint that you kept from earlier or got from elsewhere.

For each log and month: every entry is of this organisation and is what was sealed; and where the month was
counted, its statement, which is sealed as well, says that no entry is left out and none added.

Exit code 0: sound. 1: not, and why. 2: cannot be judged. 3: sound, but nobody vouches: neither a key nor a
checkpoint of your own was given.
"""

import json
import os
import sys

import verify_proof as proofs
from verify_proof import CannotJudge, NotValid

ORGANISATION_COLUMNS = ("organisation_id", "org_id")


def read(directory, name):
    path = os.path.join(directory, *name.split("/"))
    if os.path.isabs(name) or ".." in name.split("/"):
        raise CannotJudge(f"{name} is outside the package")
    with open(path, "rb") as file:
        return file.read().decode("utf-8")


def read_json(directory, name):
    try:
        return json.loads(read(directory, name))
    except ValueError:
        raise CannotJudge(f"{name} is not JSON") from None


def list_root(leaves):
    """RFC 9162, 2.1.1: the root over a list of leaves."""
    if not leaves:
        return proofs.sha256(b"")
    stack = []  # (height, hash), the higher ones first
    for leaf in leaves:
        stack.append((0, leaf))
        while len(stack) > 1 and stack[-1][0] == stack[-2][0]:
            (height, right), (_, left) = stack.pop(), stack.pop()
            stack.append((height + 1, proofs.node(left, right)))
    root = stack.pop()[1]
    while stack:
        root = proofs.node(stack.pop()[1], root)
    return root


def months(first, last):
    year, month = int(first[:4]), int(first[5:7])
    while (year, month) <= (int(last[:4]), int(last[5:7])):
        yield f"{year:04d}-{month:02d}"
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)


def judge_rows(directory, log, month, content, organisation, checkpoint, problems):
    """Each entry of the month by itself. Returns the leaves and the lines."""
    where = f"{log} {month}"
    listed = {}
    for item in read_json(directory, content["leaves"]):
        listed[int(item[0])] = bytes.fromhex(item[1])
    _, size, root, _, _ = checkpoint
    lines = []
    found = {}
    for number, text in enumerate(read(directory, content["file"]).split("\n")[:-1], 1):
        try:
            row = json.loads(text)
            index, line = row["index"], row.get("line")
            stored = bytes.fromhex(row["leaf"])
        except (ValueError, KeyError, TypeError):
            problems.append(f"{where}: line {number} of {content['file']} is no entry")
            continue
        if type(index) is not int or index in found:
            problems.append(f"{where}: the place {index} is there twice or is none")
            continue
        if line is None and row.get("erased") is True:
            pass  # By order of a court: its leaf stands for it.
        elif not isinstance(line, str):
            problems.append(f"{where}: the entry at place {index} has no text")
            continue
        else:
            entry = json.loads(line)
            owners = [entry[name] for name in ORGANISATION_COLUMNS if name in entry]
            if owners != [organisation]:
                problems.append(f"{where}: the entry at place {index} is of another organisation")
            if proofs.leaf(log, line) != stored:
                problems.append(f"{where}: the entry at place {index} was changed: it is not what was sealed")
            lines.append(entry)
        found[index] = stored
        if index not in listed:
            problems.append(
                f"{where}: the entry at place {index} was added: it is none of this month's leaves"
            )
        elif listed[index] != stored:
            problems.append(f"{where}: the entry at place {index} is not the leaf that is listed")
        if content["statement"] is None:
            path = [
                proofs.one_hash(text, "a hash of an inclusion proof") for text in row.get("inclusion", ())
            ]
            try:
                if proofs.inclusion_root(index, size, stored, path) != root:
                    raise NotValid("it is not in the tree of the checkpoint")
            except NotValid as why:
                problems.append(f"{where}: the entry at place {index}: {why}")
    for index in sorted(set(listed) - set(found)):
        problems.append(f"{where}: the entry at place {index} was left out")
    return [listed[index] for index in sorted(listed)], lines


def judge_statement(directory, log, month, name, leaves, organisation, note):
    """Raises NotValid unless the sealed statement counts exactly these leaves."""
    content = read(directory, name)
    proofs.judge(content)
    proof = json.loads(content)
    if proof["checkpoint"] != note:
        raise NotValid("its checkpoint is not the one of the package")
    entry = json.loads(proof["line"])
    details = entry["details"]
    if (proof["log"], entry["event_kind"]) != ("security_events", "log_month_counted"):
        raise NotValid("it is no statement of a month")
    if (entry["organisation_id"], details["log"], details["month"][:7]) != (organisation, log, month):
        raise NotValid("it is of another organisation, log or month")
    if details["entries"] != len(leaves):
        raise NotValid(f"it counts {details['entries']} entries, the package lists {len(leaves)}")
    if details["root"] != list_root(leaves).hex():
        raise NotValid("the listed leaves are not those that it counted")
    return entry


def judge(directory, keys=(), seen=()):
    """Returns what was found wrong, what could be said, and whether anybody vouches."""
    manifest = read_json(directory, "manifest.json")
    if not isinstance(manifest, dict) or manifest.get("format") != "peerledger-evidence/1":
        raise CannotJudge("this program reads the format peerledger-evidence/1")
    note, organisation = manifest["checkpoint"], manifest["organisation_id"]
    checkpoint = proofs.read_checkpoint(note)
    origin, size, root, _, _ = checkpoint
    problems, said, statements, newer = [], [], {}, []
    for vkey in keys:
        try:
            proofs.check_key(note, vkey)
        except NotValid as why:
            problems.append(str(why))
    for other in seen:
        seen_origin, seen_size, seen_root, _, _ = proofs.read_checkpoint(other)
        if seen_origin != origin:
            raise CannotJudge(f"the seen checkpoint is of {seen_origin}, the package of {origin}")
        old, new = sorted(((seen_size, seen_root), (size, root)))
        try:
            links = manifest.get("consistency", [])
            proofs.continues(
                *old, *new, [] if old[0] in (0, new[0]) else proofs.find_link(links, old[0], new[0])
            )
        except NotValid as why:
            problems.append(f"the seen checkpoint of {seen_size}: {why}")
    uncounted = 0
    for log, its_months in sorted(manifest["logs"].items()):
        entries, all_counted = 0, True
        for month in months(manifest["from"], manifest["to"]):
            content = its_months.get(month)
            if content is None:
                problems.append(f"{log} {month}: the month was left out")
                continue
            leaves, lines = judge_rows(directory, log, month, content, organisation, checkpoint, problems)
            entries += len(lines)
            if content["statement"] is None:
                all_counted = False
                uncounted += 1
            else:
                try:
                    entry = judge_statement(
                        directory, log, month, content["statement"], leaves, organisation, note
                    )
                    statements[log, month] = entry
                except (NotValid, KeyError, TypeError, ValueError) as why:
                    problems.append(f"{log} {month}: the statement of the month: {why}")
            if log == "security_events":
                newer += [line for line in lines if line["event_kind"] == "log_month_counted"]
        said.append(f"{log}: {entries:,} entries" + ("" if all_counted else ", not every month counted yet"))
    for line in newer:
        mine = statements.get((line["details"]["log"], line["details"]["month"][:7]))
        if mine is not None and mine["id"] != line["id"] and line["occurred_at"] > mine["occurred_at"]:
            problems.append(
                f"{line['details']['log']} {line['details']['month'][:7]}: there is a newer statement"
            )
    if uncounted:
        said.append(
            f"{uncounted} months of logs have no statement yet: their entries are genuine, but whether "
            "they are all is not proven. A month is counted two days after its end."
        )
    return problems, said, bool(keys or seen)


def main(arguments):
    directories, keys, seen, rest = [], [], [], list(arguments)
    try:
        while rest:
            word = rest.pop(0)
            if word in ("--key", "--seen") and not rest:
                raise CannotJudge(f"{word} needs a value")
            if word == "--key":
                keys.append(rest.pop(0))
            elif word == "--seen":
                with open(rest.pop(0), "rb") as file:
                    seen.append(file.read().decode("utf-8"))
            else:
                directories.append(word)
        if len(directories) > 1:
            raise CannotJudge("give one directory; see the head of this program")
        directory = directories[0] if directories else os.path.dirname(os.path.abspath(__file__))
        try:
            problems, said, is_vouched = judge(directory, keys, seen)
        except (KeyError, TypeError, ValueError, AttributeError) as why:
            raise CannotJudge(f"the package is malformed ({type(why).__name__}: {why})") from None
    except NotValid as why:
        print(f"NOT VALID: {why}.")
        return 1
    except (CannotJudge, OSError, UnicodeDecodeError, RecursionError) as why:
        print(f"CANNOT BE JUDGED: {why}.")
        return 2
    for line in said:
        print(line)
    for problem in problems:
        print(f"FOUND {problem}.")
    if problems:
        print(f"NOT SOUND: {len(problems)} findings.")
        return 1
    print("SOUND." if is_vouched else "SOUND, but nobody vouches: give --key or --seen.")
    return 0 if is_vouched else 3


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
