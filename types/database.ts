// Written by docs/typescript.py: run `make docs` after a change of the database.

export type Json = string | number | boolean | null | { [key: string]: Json | undefined } | Json[]

export type Database = {
  public: {
    Tables: {
      activities: {
        Row: {
          activity_type: string
          coordinator_id: string | null
          created_at: string
          delivery_mode: string
          duration_minutes: number
          event_id: string | null
          id: string
          mentor_id: string
          occurred_on: string
          organisation_id: string
          participant_count: number
          place: string | null
          role: string | null
          updated_at: string
          voided_at: string | null
          note: Database["public"]["Tables"]["activity_notes"]["Row"] | null
          organisation: Database["public"]["Tables"]["organisations"]["Row"] | null
        }
        ComputedFields: "note" | "organisation"
        Insert: {
          activity_type: string
          coordinator_id?: string | null
          created_at?: string
          delivery_mode?: string
          duration_minutes: number
          event_id?: string | null
          id?: string
          mentor_id: string
          occurred_on: string
          organisation_id: string
          participant_count?: number
          place?: string | null
          role?: string | null
          updated_at?: string
          voided_at?: string | null
        }
        Update: {
          activity_type?: string
          coordinator_id?: string | null
          created_at?: string
          delivery_mode?: string
          duration_minutes?: number
          event_id?: string | null
          id?: string
          mentor_id?: string
          occurred_on?: string
          organisation_id?: string
          participant_count?: number
          place?: string | null
          role?: string | null
          updated_at?: string
          voided_at?: string | null
        }
        Relationships: [
          {
            foreignKeyName: "activities_organisation_id_mentor_id_fkey"
            columns: ["organisation_id", "mentor_id"]
            isOneToOne: false
            referencedRelation: "peer_mentors"
            referencedColumns: ["organisation_id", "id"]
          },
        ]
      }
      activity_changes: {
        Row: {
          activity_id: string
          after: Json | null
          before: Json | null
          change_kind: string
          changed_at: string
          changed_by: string | null
          id: string
          mentor_id: string
          organisation_id: string
          recorded_in: number
          activity: Database["public"]["Tables"]["activities"]["Row"] | null
          mentor: Database["public"]["Tables"]["peer_mentors"]["Row"] | null
          organisation: Database["public"]["Tables"]["organisations"]["Row"] | null
        }
        ComputedFields: "activity" | "mentor" | "organisation"
        Insert: {
          activity_id: string
          after?: Json | null
          before?: Json | null
          change_kind: string
          changed_at?: string
          changed_by?: string | null
          id?: string
          mentor_id: string
          organisation_id: string
          recorded_in?: number
        }
        Update: {
          activity_id?: string
          after?: Json | null
          before?: Json | null
          change_kind?: string
          changed_at?: string
          changed_by?: string | null
          id?: string
          mentor_id?: string
          organisation_id?: string
          recorded_in?: number
        }
        Relationships: []
      }
      activity_notes: {
        Row: {
          activity_id: string
          body: string
          organisation_id: string
          organisation: Database["public"]["Tables"]["organisations"]["Row"] | null
        }
        ComputedFields: "organisation"
        Insert: {
          activity_id: string
          body: string
          organisation_id: string
        }
        Update: {
          activity_id?: string
          body?: string
          organisation_id?: string
        }
        Relationships: [
          {
            foreignKeyName: "activity_notes_organisation_id_activity_id_fkey"
            columns: ["organisation_id", "activity_id"]
            isOneToOne: false
            referencedRelation: "activities"
            referencedColumns: ["organisation_id", "id"]
          },
        ]
      }
      administrative_changes: {
        Row: {
          change_kind: string
          changed_at: string
          changed_by: string | null
          details: Json
          id: string
          organisation_id: string
          recorded_in: number
          subject_id: string
          subject_kind: string
          organisation: Database["public"]["Tables"]["organisations"]["Row"] | null
        }
        ComputedFields: "organisation"
        Insert: {
          change_kind: string
          changed_at?: string
          changed_by?: string | null
          details?: Json
          id?: string
          organisation_id: string
          recorded_in?: number
          subject_id: string
          subject_kind: string
        }
        Update: {
          change_kind?: string
          changed_at?: string
          changed_by?: string | null
          details?: Json
          id?: string
          organisation_id?: string
          recorded_in?: number
          subject_id?: string
          subject_kind?: string
        }
        Relationships: []
      }
      badge_definitions: {
        Row: {
          created_at: string
          criteria: Json
          criteria_version: number
          description: string
          id: string
          is_active: boolean
          name: string
          organisation_id: string
          slug: string
          updated_at: string
        }
        ComputedFields: never
        Insert: {
          created_at?: string
          criteria: Json
          criteria_version?: number
          description?: string
          id?: string
          is_active?: boolean
          name: string
          organisation_id: string
          slug: string
          updated_at?: string
        }
        Update: {
          created_at?: string
          criteria?: Json
          criteria_version?: number
          description?: string
          id?: string
          is_active?: boolean
          name?: string
          organisation_id?: string
          slug?: string
          updated_at?: string
        }
        Relationships: [
          {
            foreignKeyName: "badge_definitions_organisation_id_fkey"
            columns: ["organisation_id"]
            isOneToOne: false
            referencedRelation: "organisations"
            referencedColumns: ["id"]
          },
        ]
      }
      badge_evaluation_logs: {
        Row: {
          activity_hashes: string[] | null
          activity_ids: string[]
          badges_awarded: string[]
          badges_evaluated: Json
          criteria_outcomes: Json
          duration_ms: number
          error_message: string | null
          id: string
          org_id: string
          peer_mentor_id: string
          recorded_in: number
          source: string
          triggered_at: string
          mentor: Database["public"]["Tables"]["peer_mentors"]["Row"] | null
          organisation: Database["public"]["Tables"]["organisations"]["Row"] | null
        }
        ComputedFields: "mentor" | "organisation"
        Insert: {
          activity_hashes?: string[] | null
          activity_ids?: string[]
          badges_awarded?: string[]
          badges_evaluated?: Json
          criteria_outcomes?: Json
          duration_ms: number
          error_message?: string | null
          id?: string
          org_id: string
          peer_mentor_id: string
          recorded_in?: number
          source: string
          triggered_at?: string
        }
        Update: {
          activity_hashes?: string[] | null
          activity_ids?: string[]
          badges_awarded?: string[]
          badges_evaluated?: Json
          criteria_outcomes?: Json
          duration_ms?: number
          error_message?: string | null
          id?: string
          org_id?: string
          peer_mentor_id?: string
          recorded_in?: number
          source?: string
          triggered_at?: string
        }
        Relationships: []
      }
      cert_expiry_reminders: {
        Row: {
          certification_expiry_date: string
          certification_id: string | null
          id: string
          mentor_id: string
          organisation_id: string
          run_id: string | null
          sent_at: string
          threshold_day: number
          organisation: Database["public"]["Tables"]["organisations"]["Row"] | null
        }
        ComputedFields: "organisation"
        Insert: {
          certification_expiry_date: string
          certification_id?: string | null
          id?: string
          mentor_id: string
          organisation_id: string
          run_id?: string | null
          sent_at?: string
          threshold_day: number
        }
        Update: {
          certification_expiry_date?: string
          certification_id?: string | null
          id?: string
          mentor_id?: string
          organisation_id?: string
          run_id?: string | null
          sent_at?: string
          threshold_day?: number
        }
        Relationships: [
          {
            foreignKeyName: "cert_expiry_reminders_organisation_id_certification_id_fkey"
            columns: ["organisation_id", "certification_id"]
            isOneToOne: false
            referencedRelation: "certifications"
            referencedColumns: ["organisation_id", "id"]
          },
          {
            foreignKeyName: "cert_expiry_reminders_organisation_id_mentor_id_fkey"
            columns: ["organisation_id", "mentor_id"]
            isOneToOne: false
            referencedRelation: "peer_mentors"
            referencedColumns: ["organisation_id", "id"]
          },
        ]
      }
      certification_expiry_audit_log: {
        Row: {
          certification_id: string | null
          error_message: string | null
          event_type: string
          id: string
          mentor_id: string
          new_status: Database["public"]["Enums"]["mentor_status"] | null
          old_status: Database["public"]["Enums"]["mentor_status"] | null
          organisation_id: string
          recorded_in: number
          run_id: string
          threshold_days: number | null
          timestamp: string
          mentor: Database["public"]["Tables"]["peer_mentors"]["Row"] | null
          organisation: Database["public"]["Tables"]["organisations"]["Row"] | null
        }
        ComputedFields: "mentor" | "organisation"
        Insert: {
          certification_id?: string | null
          error_message?: string | null
          event_type: string
          id?: string
          mentor_id: string
          new_status?: Database["public"]["Enums"]["mentor_status"] | null
          old_status?: Database["public"]["Enums"]["mentor_status"] | null
          organisation_id: string
          recorded_in?: number
          run_id: string
          threshold_days?: number | null
          timestamp?: string
        }
        Update: {
          certification_id?: string | null
          error_message?: string | null
          event_type?: string
          id?: string
          mentor_id?: string
          new_status?: Database["public"]["Enums"]["mentor_status"] | null
          old_status?: Database["public"]["Enums"]["mentor_status"] | null
          organisation_id?: string
          recorded_in?: number
          run_id?: string
          threshold_days?: number | null
          timestamp?: string
        }
        Relationships: []
      }
      certification_expiry_runs: {
        Row: {
          as_of: string
          finished_at: string | null
          is_local_today: boolean
          note: string | null
          run_id: string
          started_at: string
          status: string
          total_failures: number
          total_reminders_sent: number
          total_transitioned: number
        }
        ComputedFields: never
        Insert: {
          as_of: string
          finished_at?: string | null
          is_local_today?: boolean
          note?: string | null
          run_id?: string
          started_at?: string
          status?: string
          total_failures?: number
          total_reminders_sent?: number
          total_transitioned?: number
        }
        Update: {
          as_of?: string
          finished_at?: string | null
          is_local_today?: boolean
          note?: string | null
          run_id?: string
          started_at?: string
          status?: string
          total_failures?: number
          total_reminders_sent?: number
          total_transitioned?: number
        }
        Relationships: []
      }
      certifications: {
        Row: {
          created_at: string
          expires_on: string
          id: string
          issued_on: string
          mentor_id: string
          organisation_id: string
          void_reason: string | null
          voided_at: string | null
          voided_by: string | null
          organisation: Database["public"]["Tables"]["organisations"]["Row"] | null
        }
        ComputedFields: "organisation"
        Insert: {
          created_at?: string
          expires_on: string
          id?: string
          issued_on: string
          mentor_id: string
          organisation_id: string
          void_reason?: string | null
          voided_at?: string | null
          voided_by?: string | null
        }
        Update: {
          created_at?: string
          expires_on?: string
          id?: string
          issued_on?: string
          mentor_id?: string
          organisation_id?: string
          void_reason?: string | null
          voided_at?: string | null
          voided_by?: string | null
        }
        Relationships: [
          {
            foreignKeyName: "certifications_organisation_id_mentor_id_fkey"
            columns: ["organisation_id", "mentor_id"]
            isOneToOne: false
            referencedRelation: "peer_mentors"
            referencedColumns: ["organisation_id", "id"]
          },
        ]
      }
      chapters: {
        Row: {
          id: string
          name: string
          organisation_id: string
        }
        ComputedFields: never
        Insert: {
          id?: string
          name: string
          organisation_id: string
        }
        Update: {
          id?: string
          name?: string
          organisation_id?: string
        }
        Relationships: [
          {
            foreignKeyName: "chapters_organisation_id_fkey"
            columns: ["organisation_id"]
            isOneToOne: false
            referencedRelation: "organisations"
            referencedColumns: ["id"]
          },
        ]
      }
      coordinator_assignments: {
        Row: {
          chapter_id: string | null
          created_at: string
          id: string
          organisation_id: string
          user_id: string
        }
        ComputedFields: never
        Insert: {
          chapter_id?: string | null
          created_at?: string
          id?: string
          organisation_id: string
          user_id: string
        }
        Update: {
          chapter_id?: string | null
          created_at?: string
          id?: string
          organisation_id?: string
          user_id?: string
        }
        Relationships: [
          {
            foreignKeyName: "coordinator_assignments_organisation_id_chapter_id_fkey"
            columns: ["organisation_id", "chapter_id"]
            isOneToOne: false
            referencedRelation: "chapters"
            referencedColumns: ["organisation_id", "id"]
          },
          {
            foreignKeyName: "coordinator_assignments_organisation_id_fkey"
            columns: ["organisation_id"]
            isOneToOne: false
            referencedRelation: "organisations"
            referencedColumns: ["id"]
          },
        ]
      }
      device_tokens: {
        Row: {
          created_at: string
          id: string
          last_seen_at: string
          platform: string
          token: string
          user_id: string
        }
        ComputedFields: never
        Insert: {
          created_at?: string
          id?: string
          last_seen_at?: string
          platform: string
          token: string
          user_id: string
        }
        Update: {
          created_at?: string
          id?: string
          last_seen_at?: string
          platform?: string
          token?: string
          user_id?: string
        }
        Relationships: []
      }
      earned_badges: {
        Row: {
          badge_definition_id: string
          criteria_version: number
          earned_at: string
          evidence: Json
          id: string
          mentor_id: string
          organisation_id: string
          qualified_on: string
          revoke_reason: string | null
          revoked_at: string | null
          revoked_by: string | null
          organisation: Database["public"]["Tables"]["organisations"]["Row"] | null
        }
        ComputedFields: "organisation"
        Insert: {
          badge_definition_id: string
          criteria_version: number
          earned_at?: string
          evidence?: Json
          id?: string
          mentor_id: string
          organisation_id: string
          qualified_on: string
          revoke_reason?: string | null
          revoked_at?: string | null
          revoked_by?: string | null
        }
        Update: {
          badge_definition_id?: string
          criteria_version?: number
          earned_at?: string
          evidence?: Json
          id?: string
          mentor_id?: string
          organisation_id?: string
          qualified_on?: string
          revoke_reason?: string | null
          revoked_at?: string | null
          revoked_by?: string | null
        }
        Relationships: [
          {
            foreignKeyName: "earned_badges_organisation_id_badge_definition_id_fkey"
            columns: ["organisation_id", "badge_definition_id"]
            isOneToOne: false
            referencedRelation: "badge_definitions"
            referencedColumns: ["organisation_id", "id"]
          },
          {
            foreignKeyName: "earned_badges_organisation_id_mentor_id_fkey"
            columns: ["organisation_id", "mentor_id"]
            isOneToOne: false
            referencedRelation: "peer_mentors"
            referencedColumns: ["organisation_id", "id"]
          },
        ]
      }
      grant_rules: {
        Row: {
          activity_types: string[]
          category: string
          counted_per: string
          created_at: string
          delivery_modes: string[] | null
          id: string
          min_minutes: number
          min_participants: number
          must_be_in_norway: boolean
          must_be_led_by_peer: boolean
          organisation_id: string | null
          valid_from: string
          valid_to: string | null
        }
        ComputedFields: never
        Insert: {
          activity_types: string[]
          category: string
          counted_per?: string
          created_at?: string
          delivery_modes?: string[] | null
          id?: string
          min_minutes?: number
          min_participants?: number
          must_be_in_norway?: boolean
          must_be_led_by_peer?: boolean
          organisation_id?: string | null
          valid_from: string
          valid_to?: string | null
        }
        Update: {
          activity_types?: string[]
          category?: string
          counted_per?: string
          created_at?: string
          delivery_modes?: string[] | null
          id?: string
          min_minutes?: number
          min_participants?: number
          must_be_in_norway?: boolean
          must_be_led_by_peer?: boolean
          organisation_id?: string | null
          valid_from?: string
          valid_to?: string | null
        }
        Relationships: [
          {
            foreignKeyName: "grant_rules_organisation_id_fkey"
            columns: ["organisation_id"]
            isOneToOne: false
            referencedRelation: "organisations"
            referencedColumns: ["id"]
          },
        ]
      }
      grant_years: {
        Row: {
          activities: number
          closed_at: string
          closed_by: string | null
          counted: number
          organisation_id: string
          points: number
          sha256: string
          year: number
        }
        ComputedFields: never
        Insert: {
          activities: number
          closed_at?: string
          closed_by?: string | null
          counted: number
          organisation_id: string
          points: number
          sha256: string
          year: number
        }
        Update: {
          activities?: number
          closed_at?: string
          closed_by?: string | null
          counted?: number
          organisation_id?: string
          points?: number
          sha256?: string
          year?: number
        }
        Relationships: [
          {
            foreignKeyName: "grant_years_organisation_id_fkey"
            columns: ["organisation_id"]
            isOneToOne: false
            referencedRelation: "organisations"
            referencedColumns: ["id"]
          },
        ]
      }
      hlf_removals: {
        Row: {
          cancelled_at: string | null
          confirmed_at: string | null
          id: string
          is_watched: boolean
          mentor_id: string
          organisation_id: string
          seen_gone_at: string | null
          seen_listed_at: string | null
          wanted_at: string
          organisation: Database["public"]["Tables"]["organisations"]["Row"] | null
        }
        ComputedFields: "organisation"
        Insert: {
          cancelled_at?: string | null
          confirmed_at?: string | null
          id?: string
          is_watched?: boolean
          mentor_id: string
          organisation_id: string
          seen_gone_at?: string | null
          seen_listed_at?: string | null
          wanted_at?: string
        }
        Update: {
          cancelled_at?: string | null
          confirmed_at?: string | null
          id?: string
          is_watched?: boolean
          mentor_id?: string
          organisation_id?: string
          seen_gone_at?: string | null
          seen_listed_at?: string | null
          wanted_at?: string
        }
        Relationships: [
          {
            foreignKeyName: "hlf_removals_organisation_id_mentor_id_fkey"
            columns: ["organisation_id", "mentor_id"]
            isOneToOne: false
            referencedRelation: "peer_mentors"
            referencedColumns: ["organisation_id", "id"]
          },
        ]
      }
      hlf_sync_audit_log: {
        Row: {
          created_at: string
          dynamics_response_code: number | null
          error_message: string | null
          id: string
          mentor_id: string
          operation: string
          organisation_id: string
          outcome: string
          recorded_in: number
          retry_count: number
          triggered_by_event: string
          mentor: Database["public"]["Tables"]["peer_mentors"]["Row"] | null
          organisation: Database["public"]["Tables"]["organisations"]["Row"] | null
        }
        ComputedFields: "mentor" | "organisation"
        Insert: {
          created_at?: string
          dynamics_response_code?: number | null
          error_message?: string | null
          id?: string
          mentor_id: string
          operation: string
          organisation_id: string
          outcome: string
          recorded_in?: number
          retry_count?: number
          triggered_by_event: string
        }
        Update: {
          created_at?: string
          dynamics_response_code?: number | null
          error_message?: string | null
          id?: string
          mentor_id?: string
          operation?: string
          organisation_id?: string
          outcome?: string
          recorded_in?: number
          retry_count?: number
          triggered_by_event?: string
        }
        Relationships: []
      }
      hlf_sync_pauses: {
        Row: {
          next_probe_at: string | null
          organisation_id: string
          paused_at: string
          probes: number
          reason: string
        }
        ComputedFields: never
        Insert: {
          next_probe_at?: string | null
          organisation_id: string
          paused_at?: string
          probes?: number
          reason: string
        }
        Update: {
          next_probe_at?: string | null
          organisation_id?: string
          paused_at?: string
          probes?: number
          reason?: string
        }
        Relationships: [
          {
            foreignKeyName: "hlf_sync_pauses_organisation_id_fkey"
            columns: ["organisation_id"]
            isOneToOne: false
            referencedRelation: "organisations"
            referencedColumns: ["id"]
          },
        ]
      }
      hlf_sync_state: {
        Row: {
          applied_version: number
          attempts: number
          claimed_event: string | null
          claimed_operation: string | null
          claimed_version: number | null
          confirmed_operation: string | null
          desired_version: number
          due_at: string | null
          is_doubtful: boolean
          last_error: string | null
          lease_expires_at: string | null
          leased_by: string | null
          mentor_id: string
          next_attempt_at: string
          operation: string
          organisation_id: string
          remove_unsettled_until: string | null
          restore_unsettled_until: string | null
          retry_not_before: string | null
          state: string
          triggered_by_event: string
          updated_at: string
          organisation: Database["public"]["Tables"]["organisations"]["Row"] | null
        }
        ComputedFields: "organisation"
        Insert: {
          applied_version?: number
          attempts?: number
          claimed_event?: string | null
          claimed_operation?: string | null
          claimed_version?: number | null
          confirmed_operation?: string | null
          desired_version?: number
          is_doubtful?: boolean
          last_error?: string | null
          lease_expires_at?: string | null
          leased_by?: string | null
          mentor_id: string
          next_attempt_at?: string
          operation: string
          organisation_id: string
          remove_unsettled_until?: string | null
          restore_unsettled_until?: string | null
          retry_not_before?: string | null
          state?: string
          triggered_by_event: string
          updated_at?: string
        }
        Update: {
          applied_version?: number
          attempts?: number
          claimed_event?: string | null
          claimed_operation?: string | null
          claimed_version?: number | null
          confirmed_operation?: string | null
          desired_version?: number
          is_doubtful?: boolean
          last_error?: string | null
          lease_expires_at?: string | null
          leased_by?: string | null
          mentor_id?: string
          next_attempt_at?: string
          operation?: string
          organisation_id?: string
          remove_unsettled_until?: string | null
          restore_unsettled_until?: string | null
          retry_not_before?: string | null
          state?: string
          triggered_by_event?: string
          updated_at?: string
        }
        Relationships: [
          {
            foreignKeyName: "hlf_sync_state_mentor_id_organisation_id_fkey"
            columns: ["mentor_id", "organisation_id"]
            isOneToOne: true
            referencedRelation: "peer_mentors"
            referencedColumns: ["id", "organisation_id"]
          },
        ]
      }
      job_runs: {
        Row: {
          attempts: number
          business_date: string
          details: Json
          finished_at: string | null
          first_started_at: string
          id: string
          job: string
          organisation_id: string | null
          reason: string | null
          started_at: string
          state: string
        }
        ComputedFields: never
        Insert: {
          attempts?: number
          business_date: string
          details?: Json
          finished_at?: string | null
          first_started_at?: string
          id?: string
          job: string
          organisation_id?: string | null
          reason?: string | null
          started_at?: string
          state?: string
        }
        Update: {
          attempts?: number
          business_date?: string
          details?: Json
          finished_at?: string | null
          first_started_at?: string
          id?: string
          job?: string
          organisation_id?: string | null
          reason?: string | null
          started_at?: string
          state?: string
        }
        Relationships: [
          {
            foreignKeyName: "job_runs_organisation_id_fkey"
            columns: ["organisation_id"]
            isOneToOne: false
            referencedRelation: "organisations"
            referencedColumns: ["id"]
          },
        ]
      }
      legal_holds: {
        Row: {
          case_reference: string
          id: string
          lifted_at: string | null
          lifted_by: string | null
          organisation_id: string
          set_at: string
          set_by: string | null
        }
        ComputedFields: never
        Insert: {
          case_reference: string
          id?: string
          lifted_at?: string | null
          lifted_by?: string | null
          organisation_id: string
          set_at?: string
          set_by?: string | null
        }
        Update: {
          case_reference?: string
          id?: string
          lifted_at?: string | null
          lifted_by?: string | null
          organisation_id?: string
          set_at?: string
          set_by?: string | null
        }
        Relationships: [
          {
            foreignKeyName: "legal_holds_organisation_id_fkey"
            columns: ["organisation_id"]
            isOneToOne: false
            referencedRelation: "organisations"
            referencedColumns: ["id"]
          },
        ]
      }
      mentor_status_changes: {
        Row: {
          cause: string
          changed_at: string
          changed_by: string | null
          id: string
          mentor_id: string
          new_status: Database["public"]["Enums"]["mentor_status"]
          old_status: Database["public"]["Enums"]["mentor_status"]
          organisation_id: string
          recorded_in: number
          run_id: string | null
          mentor: Database["public"]["Tables"]["peer_mentors"]["Row"] | null
          organisation: Database["public"]["Tables"]["organisations"]["Row"] | null
        }
        ComputedFields: "mentor" | "organisation"
        Insert: {
          cause: string
          changed_at: string
          changed_by?: string | null
          id?: string
          mentor_id: string
          new_status: Database["public"]["Enums"]["mentor_status"]
          old_status: Database["public"]["Enums"]["mentor_status"]
          organisation_id: string
          recorded_in?: number
          run_id?: string | null
        }
        Update: {
          cause?: string
          changed_at?: string
          changed_by?: string | null
          id?: string
          mentor_id?: string
          new_status?: Database["public"]["Enums"]["mentor_status"]
          old_status?: Database["public"]["Enums"]["mentor_status"]
          organisation_id?: string
          recorded_in?: number
          run_id?: string | null
        }
        Relationships: []
      }
      notifications: {
        Row: {
          attempts: number
          created_at: string
          dedupe_key: string
          digest_id: string | null
          digest_on: string | null
          id: string
          kind: string
          last_error: string | null
          lease_expires_at: string | null
          leased_by: string | null
          next_attempt_at: string
          organisation_id: string
          payload: Json
          recipient_mentor_id: string | null
          recipient_user_id: string | null
          sent_at: string | null
          state: string
        }
        ComputedFields: never
        Insert: {
          attempts?: number
          created_at?: string
          dedupe_key: string
          digest_id?: string | null
          digest_on?: string | null
          id?: string
          kind: string
          last_error?: string | null
          lease_expires_at?: string | null
          leased_by?: string | null
          next_attempt_at?: string
          organisation_id: string
          payload?: Json
          recipient_mentor_id?: string | null
          recipient_user_id?: string | null
          sent_at?: string | null
          state?: string
        }
        Update: {
          attempts?: number
          created_at?: string
          dedupe_key?: string
          digest_id?: string | null
          digest_on?: string | null
          id?: string
          kind?: string
          last_error?: string | null
          lease_expires_at?: string | null
          leased_by?: string | null
          next_attempt_at?: string
          organisation_id?: string
          payload?: Json
          recipient_mentor_id?: string | null
          recipient_user_id?: string | null
          sent_at?: string | null
          state?: string
        }
        Relationships: [
          {
            foreignKeyName: "notifications_organisation_id_fkey"
            columns: ["organisation_id"]
            isOneToOne: false
            referencedRelation: "organisations"
            referencedColumns: ["id"]
          },
          {
            foreignKeyName: "notifications_organisation_id_recipient_mentor_id_fkey"
            columns: ["organisation_id", "recipient_mentor_id"]
            isOneToOne: false
            referencedRelation: "peer_mentors"
            referencedColumns: ["organisation_id", "id"]
          },
        ]
      }
      ops_alerts: {
        Row: {
          acknowledged_at: string | null
          acknowledged_by: string | null
          dedupe_key: string
          details: Json
          id: string
          kind: string
          message: string
          organisation_id: string | null
          raised_at: string
          severity: string
        }
        ComputedFields: never
        Insert: {
          acknowledged_at?: string | null
          acknowledged_by?: string | null
          dedupe_key: string
          details?: Json
          id?: string
          kind: string
          message: string
          organisation_id?: string | null
          raised_at?: string
          severity: string
        }
        Update: {
          acknowledged_at?: string | null
          acknowledged_by?: string | null
          dedupe_key?: string
          details?: Json
          id?: string
          kind?: string
          message?: string
          organisation_id?: string | null
          raised_at?: string
          severity?: string
        }
        Relationships: [
          {
            foreignKeyName: "ops_alerts_organisation_id_fkey"
            columns: ["organisation_id"]
            isOneToOne: false
            referencedRelation: "organisations"
            referencedColumns: ["id"]
          },
        ]
      }
      organisation_settings: {
        Row: {
          activity_types: string[]
          badge_time_budget_ms: number
          badges_enabled: boolean
          certification_reminders_enabled: boolean
          digest_at: string
          grant_leader_counts: boolean
          locale: string
          organisation_id: string
          quiet_from: string
          quiet_until: string
          reminder_thresholds_days: number[]
          sync_max_attempts: number
          website_sync_enabled: boolean
        }
        ComputedFields: never
        Insert: {
          activity_types?: string[]
          badge_time_budget_ms?: number
          badges_enabled?: boolean
          certification_reminders_enabled?: boolean
          digest_at?: string
          grant_leader_counts?: boolean
          locale?: string
          organisation_id: string
          quiet_from?: string
          quiet_until?: string
          reminder_thresholds_days?: number[]
          sync_max_attempts?: number
          website_sync_enabled?: boolean
        }
        Update: {
          activity_types?: string[]
          badge_time_budget_ms?: number
          badges_enabled?: boolean
          certification_reminders_enabled?: boolean
          digest_at?: string
          grant_leader_counts?: boolean
          locale?: string
          organisation_id?: string
          quiet_from?: string
          quiet_until?: string
          reminder_thresholds_days?: number[]
          sync_max_attempts?: number
          website_sync_enabled?: boolean
        }
        Relationships: [
          {
            foreignKeyName: "organisation_settings_organisation_id_fkey"
            columns: ["organisation_id"]
            isOneToOne: true
            referencedRelation: "organisations"
            referencedColumns: ["id"]
          },
        ]
      }
      organisations: {
        Row: {
          created_at: string
          id: string
          name: string
          slug: string
          time_zone: string
        }
        ComputedFields: never
        Insert: {
          created_at?: string
          id?: string
          name: string
          slug: string
          time_zone?: string
        }
        Update: {
          created_at?: string
          id?: string
          name?: string
          slug?: string
          time_zone?: string
        }
        Relationships: []
      }
      peer_mentors: {
        Row: {
          chapter_id: string | null
          created_at: string
          display_name: string
          dynamics_contact_id: string | null
          email: string | null
          id: string
          merged_into: string | null
          organisation_id: string
          phone: string | null
          status: Database["public"]["Enums"]["mentor_status"]
          status_changed_at: string
          status_reason: string | null
          user_id: string | null
        }
        ComputedFields: never
        Insert: {
          chapter_id?: string | null
          created_at?: string
          display_name: string
          dynamics_contact_id?: string | null
          email?: string | null
          id?: string
          merged_into?: string | null
          organisation_id: string
          phone?: string | null
          status?: Database["public"]["Enums"]["mentor_status"]
          status_changed_at?: string
          status_reason?: string | null
          user_id?: string | null
        }
        Update: {
          chapter_id?: string | null
          created_at?: string
          display_name?: string
          dynamics_contact_id?: string | null
          email?: string | null
          id?: string
          merged_into?: string | null
          organisation_id?: string
          phone?: string | null
          status?: Database["public"]["Enums"]["mentor_status"]
          status_changed_at?: string
          status_reason?: string | null
          user_id?: string | null
        }
        Relationships: [
          {
            foreignKeyName: "peer_mentors_organisation_id_chapter_id_fkey"
            columns: ["organisation_id", "chapter_id"]
            isOneToOne: false
            referencedRelation: "chapters"
            referencedColumns: ["organisation_id", "id"]
          },
          {
            foreignKeyName: "peer_mentors_organisation_id_fkey"
            columns: ["organisation_id"]
            isOneToOne: false
            referencedRelation: "organisations"
            referencedColumns: ["id"]
          },
          {
            foreignKeyName: "peer_mentors_organisation_id_merged_into_fkey"
            columns: ["organisation_id", "merged_into"]
            isOneToOne: false
            referencedRelation: "peer_mentors"
            referencedColumns: ["organisation_id", "id"]
          },
        ]
      }
      proxy_audit_log: {
        Row: {
          attributed_mentor_id: string
          coordinator_id: string
          event_type: string
          id: string
          organisation_id: string
          payload_snapshot: Json
          proxy_activity_id: string
          recorded_in: number
          timestamp: string
          activity: Database["public"]["Tables"]["activities"]["Row"] | null
          mentor: Database["public"]["Tables"]["peer_mentors"]["Row"] | null
          organisation: Database["public"]["Tables"]["organisations"]["Row"] | null
        }
        ComputedFields: "activity" | "mentor" | "organisation"
        Insert: {
          attributed_mentor_id: string
          coordinator_id: string
          event_type: string
          id?: string
          organisation_id: string
          payload_snapshot: Json
          proxy_activity_id: string
          recorded_in?: number
          timestamp?: string
        }
        Update: {
          attributed_mentor_id?: string
          coordinator_id?: string
          event_type?: string
          id?: string
          organisation_id?: string
          payload_snapshot?: Json
          proxy_activity_id?: string
          recorded_in?: number
          timestamp?: string
        }
        Relationships: []
      }
      proxy_disputes: {
        Row: {
          activity_id: string
          id: string
          mentor_id: string
          opened_at: string
          organisation_id: string
          outcome: string | null
          reason_code: string
          resolved_at: string | null
          resolved_by: string | null
        }
        ComputedFields: never
        Insert: {
          activity_id: string
          id?: string
          mentor_id: string
          opened_at?: string
          organisation_id: string
          outcome?: string | null
          reason_code: string
          resolved_at?: string | null
          resolved_by?: string | null
        }
        Update: {
          activity_id?: string
          id?: string
          mentor_id?: string
          opened_at?: string
          organisation_id?: string
          outcome?: string | null
          reason_code?: string
          resolved_at?: string | null
          resolved_by?: string | null
        }
        Relationships: [
          {
            foreignKeyName: "proxy_disputes_organisation_id_activity_id_fkey"
            columns: ["organisation_id", "activity_id"]
            isOneToOne: false
            referencedRelation: "activities"
            referencedColumns: ["organisation_id", "id"]
          },
          {
            foreignKeyName: "proxy_disputes_organisation_id_fkey"
            columns: ["organisation_id"]
            isOneToOne: false
            referencedRelation: "organisations"
            referencedColumns: ["id"]
          },
          {
            foreignKeyName: "proxy_disputes_organisation_id_mentor_id_fkey"
            columns: ["organisation_id", "mentor_id"]
            isOneToOne: false
            referencedRelation: "peer_mentors"
            referencedColumns: ["organisation_id", "id"]
          },
        ]
      }
      security_events: {
        Row: {
          acting_role: string | null
          caller_id: string | null
          client_address: unknown | null
          details: Json
          event_kind: string
          id: string
          occurred_at: string
          organisation_id: string | null
          recorded_in: number
          session_role: string
          statement_kind: string | null
          table_name: string | null
          organisation: Database["public"]["Tables"]["organisations"]["Row"] | null
        }
        ComputedFields: "organisation"
        Insert: {
          acting_role?: string | null
          caller_id?: string | null
          client_address?: unknown | null
          details?: Json
          event_kind: string
          id?: string
          occurred_at?: string
          organisation_id?: string | null
          recorded_in?: number
          session_role?: string
          statement_kind?: string | null
          table_name?: string | null
        }
        Update: {
          acting_role?: string | null
          caller_id?: string | null
          client_address?: unknown | null
          details?: Json
          event_kind?: string
          id?: string
          occurred_at?: string
          organisation_id?: string | null
          recorded_in?: number
          session_role?: string
          statement_kind?: string | null
          table_name?: string | null
        }
        Relationships: []
      }
    }
    Views: { [_ in never]: never }
    Functions: {
      acknowledge_alert: { Args: { alert_id: string }; Returns: Omit<Database["public"]["Tables"]["ops_alerts"]["Row"], Database["public"]["Tables"]["ops_alerts"]["ComputedFields"]>; SetofOptions: { from: "*"; to: "ops_alerts"; isOneToOne: true; isSetofReturn: false } }
      activity:
        | { Args: { activity_changes: Omit<Database["public"]["Tables"]["activity_changes"]["Row"], Database["public"]["Tables"]["activity_changes"]["ComputedFields"]> }; Returns: Omit<Database["public"]["Tables"]["activities"]["Row"], Database["public"]["Tables"]["activities"]["ComputedFields"]>; SetofOptions: { from: "activity_changes"; to: "activities"; isOneToOne: true; isSetofReturn: true } }
        | { Args: { proxy_audit_log: Omit<Database["public"]["Tables"]["proxy_audit_log"]["Row"], Database["public"]["Tables"]["proxy_audit_log"]["ComputedFields"]> }; Returns: Omit<Database["public"]["Tables"]["activities"]["Row"], Database["public"]["Tables"]["activities"]["ComputedFields"]>; SetofOptions: { from: "proxy_audit_log"; to: "activities"; isOneToOne: true; isSetofReturn: true } }
      begin_certification_run: { Args: { as_of?: string | null; run_id?: string }; Returns: Omit<Database["public"]["Tables"]["certification_expiry_runs"]["Row"], Database["public"]["Tables"]["certification_expiry_runs"]["ComputedFields"]>; SetofOptions: { from: "*"; to: "certification_expiry_runs"; isOneToOne: true; isSetofReturn: false } }
      check_proxy_activities: { Args: { entries: Json; coordinator_id?: string | null; page_limit?: number; page_offset?: number }; Returns: Database["public"]["CompositeTypes"]["proxy_entry_problem"][]; SetofOptions: { from: "*"; to: "proxy_entry_problem"; isOneToOne: false; isSetofReturn: true } }
      claim_hlf_sync: { Args: { worker: string; batch_size: number; lease: string; ignore_pause?: boolean; organisation_ids?: string[] | null }; Returns: { mentor_id: string; organisation_id: string; operation: string; desired_version: number; attempts: number; dynamics_contact_id: string; lease_expires_at: string }[] }
      claim_notifications: { Args: { worker: string; batch_size?: number; lease?: string; as_of?: string }; Returns: { id: string; organisation_id: string; organisation_name: string; kind: string; locale: string; recipient_user_id: string | null; recipient_mentor_id: string | null; payload: Json; badge_name: string | null; devices: Json; attempts: number; created_at: string; lease_expires_at: string; is_on_website: boolean }[] }
      close_grant_year: { Args: { org_id: string; year: number }; Returns: Omit<Database["public"]["Tables"]["grant_years"]["Row"], Database["public"]["Tables"]["grant_years"]["ComputedFields"]>; SetofOptions: { from: "*"; to: "grant_years"; isOneToOne: true; isSetofReturn: false } }
      compare_criteria: { Args: { badge_definition_id: string; criteria: Json; page_limit?: number; page_offset?: number }; Returns: Database["public"]["CompositeTypes"]["criteria_change"][]; SetofOptions: { from: "*"; to: "criteria_change"; isOneToOne: false; isSetofReturn: true } }
      complete_hlf_sync: { Args: { results: Json }; Returns: { mentor_id: string; accepted: boolean; state: string | null; next_attempt_at: string | null; reason: string | null; outcome: string }[] }
      complete_notifications: { Args: { results: Json; as_of?: string }; Returns: { id: string; outcome: string }[] }
      continue_badge_reconciliation: { Args: { reconciliation_id: string; batch_size?: number }; Returns: { mentors_total: number; mentors_done: number; activities_scanned: number; mentors_missing: number; badges_awarded: number; is_finished: boolean; mentors_skipped: number; mentors_evaluated: number }[] }
      dispute_proxy_activity: { Args: { activity_id: string; reason_code: string }; Returns: Omit<Database["public"]["Tables"]["proxy_disputes"]["Row"], Database["public"]["Tables"]["proxy_disputes"]["ComputedFields"]>; SetofOptions: { from: "*"; to: "proxy_disputes"; isOneToOne: true; isSetofReturn: false } }
      evaluate_badges: { Args: { mentor_id: string }; Returns: { badge_definition_id: string; is_met: boolean; newly_awarded: boolean }[] }
      explain_badge: { Args: { mentor_id: string; badge_definition_id: string; as_of?: string | null }; Returns: Json }
      extend_hlf_sync_leases: { Args: { worker: string; mentor_ids: string[]; lease: string }; Returns: string[] }
      find_cross_org_awards: { Args: Record<PropertyKey, never>; Returns: Database["public"]["CompositeTypes"]["cross_org_award"][]; SetofOptions: { from: "*"; to: "cross_org_award"; isOneToOne: false; isSetofReturn: true } }
      find_duplicate_transitions: { Args: Record<PropertyKey, never>; Returns: Database["public"]["CompositeTypes"]["duplicate_transition"][]; SetofOptions: { from: "*"; to: "duplicate_transition"; isOneToOne: false; isSetofReturn: true } }
      find_missed_nights: { Args: { as_of?: string; jobs?: string[] | null }; Returns: Database["public"]["CompositeTypes"]["missed_night"][]; SetofOptions: { from: "*"; to: "missed_night"; isOneToOne: false; isSetofReturn: true } }
      forget_mentor: { Args: { mentor_id: string }; Returns: Json }
      get_badge_progress: { Args: { mentor_id: string }; Returns: { badge_definition_id: string; slug: string; leaf_path: string; metric: string; value: number; threshold: number; share: number; is_earned: boolean }[] }
      get_certification_runs: { Args: { since?: string | null; page_limit?: number; page_offset?: number }; Returns: Database["public"]["CompositeTypes"]["certification_run"][]; SetofOptions: { from: "*"; to: "certification_run"; isOneToOne: false; isSetofReturn: true } }
      get_compliance_report: { Args: { org_id: string; from_date: string; to_date: string }; Returns: Json }
      get_entry_proof: { Args: { log_name: string; entry_id: string }; Returns: Json }
      get_grant_differences: { Args: { org_id: string; year: number; page_limit?: number; page_offset?: number }; Returns: Database["public"]["CompositeTypes"]["grant_difference"][]; SetofOptions: { from: "*"; to: "grant_difference"; isOneToOne: false; isSetofReturn: true } }
      get_grant_summary: { Args: { org_id: string; from_date: string; to_date: string }; Returns: Database["public"]["CompositeTypes"]["grant_summary"][]; SetofOptions: { from: "*"; to: "grant_summary"; isOneToOne: false; isSetofReturn: true } }
      get_hlf_exposure: { Args: { org_id: string; from_date: string; to_date: string }; Returns: Database["public"]["CompositeTypes"]["hlf_exposure"][]; SetofOptions: { from: "*"; to: "hlf_exposure"; isOneToOne: false; isSetofReturn: true } }
      get_hlf_removal_times: { Args: { org_id: string; from_date: string; to_date: string }; Returns: Database["public"]["CompositeTypes"]["hlf_removal_times"][]; SetofOptions: { from: "*"; to: "hlf_removal_times"; isOneToOne: false; isSetofReturn: true } }
      get_hlf_sync_audit_summary: { Args: { org_id: string; from_date: string; to_date: string }; Returns: Database["public"]["CompositeTypes"]["hlf_sync_audit_summary"][]; SetofOptions: { from: "*"; to: "hlf_sync_audit_summary"; isOneToOne: false; isSetofReturn: true } }
      get_hlf_sync_state_summary: { Args: Record<PropertyKey, never>; Returns: Database["public"]["CompositeTypes"]["hlf_sync_state_summary"][]; SetofOptions: { from: "*"; to: "hlf_sync_state_summary"; isOneToOne: false; isSetofReturn: true } }
      get_mentor_audit_history: { Args: { mentor_id: string; since?: string | null; page_limit?: number; page_offset?: number }; Returns: Omit<Database["public"]["Tables"]["certification_expiry_audit_log"]["Row"], Database["public"]["Tables"]["certification_expiry_audit_log"]["ComputedFields"]>[]; SetofOptions: { from: "*"; to: "certification_expiry_audit_log"; isOneToOne: false; isSetofReturn: true } }
      get_organisation_status: { Args: { org_id: string }; Returns: Json }
      get_proxy_history: { Args: { activity_id: string; page_limit?: number; page_offset?: number }; Returns: Database["public"]["CompositeTypes"]["proxy_activity_state"][]; SetofOptions: { from: "*"; to: "proxy_activity_state"; isOneToOne: false; isSetofReturn: true } }
      get_run_summary: { Args: { run_id: string; page_limit?: number; page_offset?: number }; Returns: {
          run_id: string
          as_of: string
          status: string
          started_at: string
          finished_at: string | null
          total_transitioned: number
          total_reminders_sent: number
          total_failures: number
          note: string | null
          entry_count: number
          entries: Database["public"]["Tables"]["certification_expiry_audit_log"]["Row"][]
        } }
      lift_legal_hold: { Args: { legal_hold_id: string }; Returns: Omit<Database["public"]["Tables"]["legal_holds"]["Row"], Database["public"]["Tables"]["legal_holds"]["ComputedFields"]>; SetofOptions: { from: "*"; to: "legal_holds"; isOneToOne: true; isSetofReturn: false } }
      list_grant_activities: { Args: { org_id: string; from_date: string; to_date: string; page_limit?: number; page_offset?: number }; Returns: Database["public"]["CompositeTypes"]["grant_activity"][]; SetofOptions: { from: "*"; to: "grant_activity"; isOneToOne: false; isSetofReturn: true } }
      mentor:
        | { Args: { activity_changes: Omit<Database["public"]["Tables"]["activity_changes"]["Row"], Database["public"]["Tables"]["activity_changes"]["ComputedFields"]> }; Returns: Omit<Database["public"]["Tables"]["peer_mentors"]["Row"], Database["public"]["Tables"]["peer_mentors"]["ComputedFields"]>; SetofOptions: { from: "activity_changes"; to: "peer_mentors"; isOneToOne: true; isSetofReturn: true } }
        | { Args: { badge_evaluation_logs: Omit<Database["public"]["Tables"]["badge_evaluation_logs"]["Row"], Database["public"]["Tables"]["badge_evaluation_logs"]["ComputedFields"]> }; Returns: Omit<Database["public"]["Tables"]["peer_mentors"]["Row"], Database["public"]["Tables"]["peer_mentors"]["ComputedFields"]>; SetofOptions: { from: "badge_evaluation_logs"; to: "peer_mentors"; isOneToOne: true; isSetofReturn: true } }
        | { Args: { certification_expiry_audit_log: Omit<Database["public"]["Tables"]["certification_expiry_audit_log"]["Row"], Database["public"]["Tables"]["certification_expiry_audit_log"]["ComputedFields"]> }; Returns: Omit<Database["public"]["Tables"]["peer_mentors"]["Row"], Database["public"]["Tables"]["peer_mentors"]["ComputedFields"]>; SetofOptions: { from: "certification_expiry_audit_log"; to: "peer_mentors"; isOneToOne: true; isSetofReturn: true } }
        | { Args: { hlf_sync_audit_log: Omit<Database["public"]["Tables"]["hlf_sync_audit_log"]["Row"], Database["public"]["Tables"]["hlf_sync_audit_log"]["ComputedFields"]> }; Returns: Omit<Database["public"]["Tables"]["peer_mentors"]["Row"], Database["public"]["Tables"]["peer_mentors"]["ComputedFields"]>; SetofOptions: { from: "hlf_sync_audit_log"; to: "peer_mentors"; isOneToOne: true; isSetofReturn: true } }
        | { Args: { mentor_status_changes: Omit<Database["public"]["Tables"]["mentor_status_changes"]["Row"], Database["public"]["Tables"]["mentor_status_changes"]["ComputedFields"]> }; Returns: Omit<Database["public"]["Tables"]["peer_mentors"]["Row"], Database["public"]["Tables"]["peer_mentors"]["ComputedFields"]>; SetofOptions: { from: "mentor_status_changes"; to: "peer_mentors"; isOneToOne: true; isSetofReturn: true } }
        | { Args: { proxy_audit_log: Omit<Database["public"]["Tables"]["proxy_audit_log"]["Row"], Database["public"]["Tables"]["proxy_audit_log"]["ComputedFields"]> }; Returns: Omit<Database["public"]["Tables"]["peer_mentors"]["Row"], Database["public"]["Tables"]["peer_mentors"]["ComputedFields"]>; SetofOptions: { from: "proxy_audit_log"; to: "peer_mentors"; isOneToOne: true; isSetofReturn: true } }
      merge_mentors: { Args: { duplicate_id: string; keep_id: string }; Returns: Json }
      move_mentor: { Args: { mentor_id: string; chapter_id: string }; Returns: Omit<Database["public"]["Tables"]["peer_mentors"]["Row"], Database["public"]["Tables"]["peer_mentors"]["ComputedFields"]>; SetofOptions: { from: "*"; to: "peer_mentors"; isOneToOne: true; isSetofReturn: false } }
      note: { Args: { activities: Omit<Database["public"]["Tables"]["activities"]["Row"], Database["public"]["Tables"]["activities"]["ComputedFields"]> }; Returns: Omit<Database["public"]["Tables"]["activity_notes"]["Row"], Database["public"]["Tables"]["activity_notes"]["ComputedFields"]>; SetofOptions: { from: "activities"; to: "activity_notes"; isOneToOne: true; isSetofReturn: true } }
      organisation:
        | { Args: { activities: Omit<Database["public"]["Tables"]["activities"]["Row"], Database["public"]["Tables"]["activities"]["ComputedFields"]> }; Returns: Omit<Database["public"]["Tables"]["organisations"]["Row"], Database["public"]["Tables"]["organisations"]["ComputedFields"]>; SetofOptions: { from: "activities"; to: "organisations"; isOneToOne: true; isSetofReturn: true } }
        | { Args: { activity_changes: Omit<Database["public"]["Tables"]["activity_changes"]["Row"], Database["public"]["Tables"]["activity_changes"]["ComputedFields"]> }; Returns: Omit<Database["public"]["Tables"]["organisations"]["Row"], Database["public"]["Tables"]["organisations"]["ComputedFields"]>; SetofOptions: { from: "activity_changes"; to: "organisations"; isOneToOne: true; isSetofReturn: true } }
        | { Args: { activity_notes: Omit<Database["public"]["Tables"]["activity_notes"]["Row"], Database["public"]["Tables"]["activity_notes"]["ComputedFields"]> }; Returns: Omit<Database["public"]["Tables"]["organisations"]["Row"], Database["public"]["Tables"]["organisations"]["ComputedFields"]>; SetofOptions: { from: "activity_notes"; to: "organisations"; isOneToOne: true; isSetofReturn: true } }
        | { Args: { administrative_changes: Omit<Database["public"]["Tables"]["administrative_changes"]["Row"], Database["public"]["Tables"]["administrative_changes"]["ComputedFields"]> }; Returns: Omit<Database["public"]["Tables"]["organisations"]["Row"], Database["public"]["Tables"]["organisations"]["ComputedFields"]>; SetofOptions: { from: "administrative_changes"; to: "organisations"; isOneToOne: true; isSetofReturn: true } }
        | { Args: { badge_evaluation_logs: Omit<Database["public"]["Tables"]["badge_evaluation_logs"]["Row"], Database["public"]["Tables"]["badge_evaluation_logs"]["ComputedFields"]> }; Returns: Omit<Database["public"]["Tables"]["organisations"]["Row"], Database["public"]["Tables"]["organisations"]["ComputedFields"]>; SetofOptions: { from: "badge_evaluation_logs"; to: "organisations"; isOneToOne: true; isSetofReturn: true } }
        | { Args: { cert_expiry_reminders: Omit<Database["public"]["Tables"]["cert_expiry_reminders"]["Row"], Database["public"]["Tables"]["cert_expiry_reminders"]["ComputedFields"]> }; Returns: Omit<Database["public"]["Tables"]["organisations"]["Row"], Database["public"]["Tables"]["organisations"]["ComputedFields"]>; SetofOptions: { from: "cert_expiry_reminders"; to: "organisations"; isOneToOne: true; isSetofReturn: true } }
        | { Args: { certification_expiry_audit_log: Omit<Database["public"]["Tables"]["certification_expiry_audit_log"]["Row"], Database["public"]["Tables"]["certification_expiry_audit_log"]["ComputedFields"]> }; Returns: Omit<Database["public"]["Tables"]["organisations"]["Row"], Database["public"]["Tables"]["organisations"]["ComputedFields"]>; SetofOptions: { from: "certification_expiry_audit_log"; to: "organisations"; isOneToOne: true; isSetofReturn: true } }
        | { Args: { certifications: Omit<Database["public"]["Tables"]["certifications"]["Row"], Database["public"]["Tables"]["certifications"]["ComputedFields"]> }; Returns: Omit<Database["public"]["Tables"]["organisations"]["Row"], Database["public"]["Tables"]["organisations"]["ComputedFields"]>; SetofOptions: { from: "certifications"; to: "organisations"; isOneToOne: true; isSetofReturn: true } }
        | { Args: { earned_badges: Omit<Database["public"]["Tables"]["earned_badges"]["Row"], Database["public"]["Tables"]["earned_badges"]["ComputedFields"]> }; Returns: Omit<Database["public"]["Tables"]["organisations"]["Row"], Database["public"]["Tables"]["organisations"]["ComputedFields"]>; SetofOptions: { from: "earned_badges"; to: "organisations"; isOneToOne: true; isSetofReturn: true } }
        | { Args: { hlf_removals: Omit<Database["public"]["Tables"]["hlf_removals"]["Row"], Database["public"]["Tables"]["hlf_removals"]["ComputedFields"]> }; Returns: Omit<Database["public"]["Tables"]["organisations"]["Row"], Database["public"]["Tables"]["organisations"]["ComputedFields"]>; SetofOptions: { from: "hlf_removals"; to: "organisations"; isOneToOne: true; isSetofReturn: true } }
        | { Args: { hlf_sync_audit_log: Omit<Database["public"]["Tables"]["hlf_sync_audit_log"]["Row"], Database["public"]["Tables"]["hlf_sync_audit_log"]["ComputedFields"]> }; Returns: Omit<Database["public"]["Tables"]["organisations"]["Row"], Database["public"]["Tables"]["organisations"]["ComputedFields"]>; SetofOptions: { from: "hlf_sync_audit_log"; to: "organisations"; isOneToOne: true; isSetofReturn: true } }
        | { Args: { hlf_sync_state: Omit<Database["public"]["Tables"]["hlf_sync_state"]["Row"], Database["public"]["Tables"]["hlf_sync_state"]["ComputedFields"]> }; Returns: Omit<Database["public"]["Tables"]["organisations"]["Row"], Database["public"]["Tables"]["organisations"]["ComputedFields"]>; SetofOptions: { from: "hlf_sync_state"; to: "organisations"; isOneToOne: true; isSetofReturn: true } }
        | { Args: { mentor_status_changes: Omit<Database["public"]["Tables"]["mentor_status_changes"]["Row"], Database["public"]["Tables"]["mentor_status_changes"]["ComputedFields"]> }; Returns: Omit<Database["public"]["Tables"]["organisations"]["Row"], Database["public"]["Tables"]["organisations"]["ComputedFields"]>; SetofOptions: { from: "mentor_status_changes"; to: "organisations"; isOneToOne: true; isSetofReturn: true } }
        | { Args: { proxy_audit_log: Omit<Database["public"]["Tables"]["proxy_audit_log"]["Row"], Database["public"]["Tables"]["proxy_audit_log"]["ComputedFields"]> }; Returns: Omit<Database["public"]["Tables"]["organisations"]["Row"], Database["public"]["Tables"]["organisations"]["ComputedFields"]>; SetofOptions: { from: "proxy_audit_log"; to: "organisations"; isOneToOne: true; isSetofReturn: true } }
        | { Args: { security_events: Omit<Database["public"]["Tables"]["security_events"]["Row"], Database["public"]["Tables"]["security_events"]["ComputedFields"]> }; Returns: Omit<Database["public"]["Tables"]["organisations"]["Row"], Database["public"]["Tables"]["organisations"]["ComputedFields"]>; SetofOptions: { from: "security_events"; to: "organisations"; isOneToOne: true; isSetofReturn: true } }
      pause_hlf_sync: { Args: { organisation_ids?: string[] | null; reason?: string; retry_after?: string | null }; Returns: number }
      preview_badge: { Args: { organisation_id: string; criteria: Json; page_limit?: number; page_offset?: number }; Returns: { mentor_id: string; qualified_on: string; evidence: Json; would_notify: boolean; total_count: number }[] }
      reconcile_badges: { Args: { since?: string; suppress_notifications?: boolean }; Returns: { activities_scanned: number; mentors_missing: number; badges_awarded: number; award_ratio: number; alert: boolean }[] }
      reconcile_hlf_sync: { Args: { observed: Json; organisation_ids?: string[] | null; observed_from?: string }; Returns: { contacts_observed: number; in_agreement: number; queued_remove: number; queued_restore: number; revived_dead_letters: number; already_pending: number; not_in_dynamics: number; no_contact_id: number; unknown_contacts: number; by_organisation: Json }[] }
      record_credential_check: { Args: { ok: boolean; error_kind?: string | null; organisation_ids?: string[] | null }; Returns: number }
      register_device_token: { Args: { token: string; platform: string }; Returns: string }
      register_proxy_activities: { Args: { entries: Json; refuse_duplicates?: boolean; coordinator_id?: string | null }; Returns: Omit<Database["public"]["Tables"]["activities"]["Row"], Database["public"]["Tables"]["activities"]["ComputedFields"]>[]; SetofOptions: { from: "*"; to: "activities"; isOneToOne: false; isSetofReturn: true } }
      register_proxy_activity: { Args: { mentor_id: string; activity_type: string; occurred_on: string; duration_minutes: number; id?: string; participant_count?: number; delivery_mode?: string; coordinator_id?: string | null }; Returns: Omit<Database["public"]["Tables"]["activities"]["Row"], Database["public"]["Tables"]["activities"]["ComputedFields"]>; SetofOptions: { from: "*"; to: "activities"; isOneToOne: true; isSetofReturn: false } }
      reinstate_badge: { Args: { mentor_id: string; badge_definition_id: string; reason?: string | null }; Returns: Omit<Database["public"]["Tables"]["earned_badges"]["Row"], Database["public"]["Tables"]["earned_badges"]["ComputedFields"]>; SetofOptions: { from: "*"; to: "earned_badges"; isOneToOne: true; isSetofReturn: false } }
      remove_device_token: { Args: { token: string }; Returns: boolean }
      renew_certification: { Args: { mentor_id: string; issued_on: string; expires_on: string }; Returns: Omit<Database["public"]["Tables"]["certifications"]["Row"], Database["public"]["Tables"]["certifications"]["ComputedFields"]>; SetofOptions: { from: "*"; to: "certifications"; isOneToOne: true; isSetofReturn: false } }
      requeue_dead_letters: { Args: { org_id: string; max_rows?: number }; Returns: number }
      requeue_hlf_sync: { Args: { mentor_id: string }; Returns: Omit<Database["public"]["Tables"]["hlf_sync_state"]["Row"], Database["public"]["Tables"]["hlf_sync_state"]["ComputedFields"]>; SetofOptions: { from: "*"; to: "hlf_sync_state"; isOneToOne: true; isSetofReturn: false } }
      requeue_notifications: { Args: { org_id: string; max_rows?: number }; Returns: number }
      resolve_proxy_dispute: { Args: { activity_id: string; outcome: string }; Returns: Omit<Database["public"]["Tables"]["proxy_disputes"]["Row"], Database["public"]["Tables"]["proxy_disputes"]["ComputedFields"]>; SetofOptions: { from: "*"; to: "proxy_disputes"; isOneToOne: true; isSetofReturn: false } }
      resume_hlf_sync: { Args: { organisation_ids?: string[] | null }; Returns: number }
      revoke_badge: { Args: { mentor_id: string; badge_definition_id: string; reason: string }; Returns: Omit<Database["public"]["Tables"]["earned_badges"]["Row"], Database["public"]["Tables"]["earned_badges"]["ComputedFields"]>; SetofOptions: { from: "*"; to: "earned_badges"; isOneToOne: true; isSetofReturn: false } }
      run_certification_expiry: { Args: { as_of?: string | null; run_id?: string }; Returns: Omit<Database["public"]["Tables"]["certification_expiry_runs"]["Row"], Database["public"]["Tables"]["certification_expiry_runs"]["ComputedFields"]>; SetofOptions: { from: "*"; to: "certification_expiry_runs"; isOneToOne: true; isSetofReturn: false } }
      set_grant_rule: { Args: { org_id: string; category: string; valid_from: string; activity_types: string[]; delivery_modes?: string[] | null; min_minutes?: number; min_participants?: number; must_be_led_by_peer?: boolean; must_be_in_norway?: boolean; counted_per?: string }; Returns: Omit<Database["public"]["Tables"]["grant_rules"]["Row"], Database["public"]["Tables"]["grant_rules"]["ComputedFields"]>; SetofOptions: { from: "*"; to: "grant_rules"; isOneToOne: true; isSetofReturn: false } }
      set_legal_hold: { Args: { organisation_id: string; case_reference: string }; Returns: Omit<Database["public"]["Tables"]["legal_holds"]["Row"], Database["public"]["Tables"]["legal_holds"]["ComputedFields"]>; SetofOptions: { from: "*"; to: "legal_holds"; isOneToOne: true; isSetofReturn: false } }
      simulate_activities: { Args: { mentor_id: string; entries: Json }; Returns: { badge_definition_id: string; slug: string; name: string; qualified_on: string }[] }
      simulate_certification_expiry: { Args: { as_of?: string | null; page_limit?: number; page_offset?: number }; Returns: Database["public"]["CompositeTypes"]["simulated_certification_event"][]; SetofOptions: { from: "*"; to: "simulated_certification_event"; isOneToOne: false; isSetofReturn: true } }
      start_badge_reconciliation: { Args: { since?: string; suppress_notifications?: boolean }; Returns: string }
      transition_mentor_status: { Args: { mentor_id: string; to_status: Database["public"]["Enums"]["mentor_status"]; expected_status?: Database["public"]["Enums"]["mentor_status"] | null; reason?: string | null }; Returns: Omit<Database["public"]["Tables"]["peer_mentors"]["Row"], Database["public"]["Tables"]["peer_mentors"]["ComputedFields"]>; SetofOptions: { from: "*"; to: "peer_mentors"; isOneToOne: true; isSetofReturn: false } }
      update_proxy_activity: { Args: { id: string; changes: Json }; Returns: Omit<Database["public"]["Tables"]["activities"]["Row"], Database["public"]["Tables"]["activities"]["ComputedFields"]>; SetofOptions: { from: "*"; to: "activities"; isOneToOne: true; isSetofReturn: false } }
      void_certification: { Args: { certification_id: string; reason: string }; Returns: Omit<Database["public"]["Tables"]["certifications"]["Row"], Database["public"]["Tables"]["certifications"]["ComputedFields"]>; SetofOptions: { from: "*"; to: "certifications"; isOneToOne: true; isSetofReturn: false } }
    }
    Enums: {
      mentor_status: "active" | "paused" | "expired_cert" | "withdrawn"
    }
    CompositeTypes: {
      certification_run: {
        as_of: string
        finished_at: string | null
        is_local_today: boolean
        note: string
        run_id: string
        started_at: string
        status: string
        total_count: number
        total_failures: number
        total_reminders_sent: number
        total_transitioned: number
      }
      criteria_change: {
        change_kind: string
        held_since: string
        mentor_id: string
        qualified_on: string
        total_count: number
      }
      cross_org_award: {
        badge_definition_id: string
        badge_organisation_id: string
        earned_badge_id: string
        mentor_id: string
        mentor_organisation_id: string
        total_count: number
      }
      duplicate_transition: {
        certification_id: string | null
        duplicate_at: string
        duplicate_entry_id: string
        duplicate_run_id: string
        first_at: string
        first_entry_id: string
        first_run_id: string
        mentor_id: string
        organisation_id: string
        total_count: number
      }
      grant_activity: {
        activity_id: string
        activity_type: string
        category: string | null
        coordinator_id: string | null
        delivery_mode: string
        duplicate_of: string
        duration_minutes: number
        event_id: string
        is_counted: boolean
        mentor_id: string
        occurred_on: string
        participant_count: number
        place: string
        points: number
        reasons: string[]
        role: string
        rule_id: string
        total_count: number
      }
      grant_difference: {
        activity_id: string
        category_now: string
        category_then: string
        change_kind: string
        changed_fields: string[]
        counted_now: boolean
        counted_then: boolean
        mentor_id: string
        points_now: number
        points_then: number
        reasons_now: string[]
        reasons_then: string[]
        total_count: number
      }
      grant_summary: {
        activities: number
        category: string | null
        counted: number
        disputed: number
        duplicate: number
        minutes: number
        no_category: number
        not_in_norway: number
        not_in_person: number
        not_led_by_peer: number
        participants: number
        points: number
        too_few_participants: number
        too_short: number
        voided: number
      }
      hlf_exposure: {
        at_least_worst: string
        at_most_median: string
        at_most_p95: string
        at_most_worst: string
        confirmed: number
        confirmed_median: string
        confirmed_p95: string
        confirmed_worst: string
        not_seen: number
        removals: number
        seen_gone: number
        still_listed: number
        widest_gap: string
      }
      hlf_removal_times: {
        cancelled: number
        confirmed: number
        longest_open: string | null
        median: string | null
        p95: string | null
        still_open: number
        worst: string | null
      }
      hlf_sync_audit_summary: {
        attempts: number
        first_at: string | null
        last_at: string | null
        mentors: number
        outcome: string
      }
      hlf_sync_state_summary: {
        dead_lettered: number
        in_progress: number
        is_enabled: boolean
        oldest_open_removal_at: string | null
        open_removals: number
        organisation_id: string
        overdue_leases: number
        pause_reasons: string[] | null
        paused_since: string | null
        pending: number
        synced: number
        total_count: number
      }
      missed_night: {
        business_date: string
        job: string
        organisation_id: string | null
        reason: string | null
        state: string | null
        total_count: number
      }
      proxy_activity_state: {
        changed_at: string
        changes: Json
        coordinator_id: string
        event_type: string
        snapshot: Json
        total_count: number
      }
      proxy_entry_problem: {
        path: string
        reason: string
        severity: string
        total_count: number
      }
      simulated_certification_event: {
        certification_id: string
        event_type: string
        expires_on: string
        mentor_id: string
        new_status: Database["public"]["Enums"]["mentor_status"] | null
        old_status: Database["public"]["Enums"]["mentor_status"] | null
        organisation_id: string
        threshold_days: number | null
        total_count: number
      }
    }
  }
}
