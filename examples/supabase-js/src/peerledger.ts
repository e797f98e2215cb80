// What an app does with Peerledger, typed: every call names its arguments, and every answer has its shape.
import { createClient, type SupabaseClient } from '@supabase/supabase-js'
import type { Database } from '../../../types/database.js'

export type Peerledger = SupabaseClient<Database>
export type Activity = Database['public']['Tables']['activities']['Insert']

export interface Problem {
  path: string
  reason: string
}

/** Codes are for programs, messages for people; the status is PostgREST's. */
export class PeerledgerError extends Error {
  constructor(
    readonly code: string,
    message: string,
    readonly details: string | null,
    readonly hint: string | null,
  ) {
    super(message)
  }
}

export function connect(url: string, key: string, accessToken: string): Peerledger {
  return createClient<Database>(url, key, { accessToken: async () => accessToken })
}

/** A mentor's own activity. The id is the app's, and a row that is there already is left as it is: sending it again is harmless. */
export async function register(client: Peerledger, activity: Activity & { id: string }): Promise<void> {
  const { error } = await client.from('activities').upsert(activity, { ignoreDuplicates: true })
  if (error) throw failure(error)
}

/** A row that may not be changed is no error to `update` alone: `single` asks for the row, and null says that it was refused. */
export async function setDuration(client: Peerledger, id: string, minutes: number): Promise<number | null> {
  const { data, error } = await client
    .from('activities')
    .update({ duration_minutes: minutes })
    .eq('id', id)
    .select('duration_minutes')
    .single()
  if (error?.code === 'PGRST116') return null
  if (error) throw failure(error)
  return data.duration_minutes
}

/** All or none. What is wrong with the entries comes back entry by entry, in their order. */
export async function registerForMentors(
  client: Peerledger,
  entries: Omit<Activity, 'organisation_id' | 'coordinator_id'>[],
): Promise<{ registered: number; problems: Problem[] }> {
  const { data, error } = await client.rpc('register_proxy_activities', { entries })
  if (error?.code === 'PL006') {
    const paths = error.details.split('\n')
    const reasons = paths.length === 1 ? [error.message] : error.hint.split('\n')
    return { registered: 0, problems: paths.map((path, place) => ({ path, reason: reasons[place] ?? '' })) }
  }
  if (error) throw failure(error)
  return { registered: data.length, problems: [] }
}

/** The runs of the last nights, those without events too. */
export async function nights(client: Peerledger): Promise<{ asOf: string; transitioned: number; finished: boolean }[]> {
  const { data, error } = await client.rpc('get_certification_runs', { page_limit: 14 })
  if (error) throw failure(error)
  return data.map((run) => ({
    asOf: run.as_of,
    transitioned: run.total_transitioned,
    finished: run.finished_at !== null,
  }))
}

/** A page of a log with the name of each mentor: a log has no foreign keys, `mentor` is a computed relationship. */
export async function websiteFailures(client: Peerledger): Promise<{ at: string; name: string | null; why: string | null }[]> {
  const { data, error } = await client
    .from('hlf_sync_audit_log')
    .select('created_at, error_message, mentor(display_name)')
    .neq('outcome', 'success')
    .order('created_at', { ascending: false })
    .limit(50)
  if (error) throw failure(error)
  return data.map((entry) => ({ at: entry.created_at, name: entry.mentor?.display_name ?? null, why: entry.error_message }))
}

/** A phone celebrates what it is told of: Realtime sends each user the rows that the policies let them read. */
export function onBadge(client: Peerledger, mentorId: string, celebrate: (badgeId: string) => void): () => Promise<unknown> {
  const channel = client
    .channel(`badges-of-${mentorId}`)
    .on<Database['public']['Tables']['earned_badges']['Row']>(
      'postgres_changes',
      { event: 'INSERT', schema: 'public', table: 'earned_badges', filter: `mentor_id=eq.${mentorId}` },
      ({ new: earned }) => celebrate(earned.badge_definition_id),
    )
    .subscribe()
  return () => client.removeChannel(channel)
}

function failure(error: { code: string; message: string; details: string | null; hint: string | null }): PeerledgerError {
  return new PeerledgerError(error.code, error.message, error.details, error.hint)
}
