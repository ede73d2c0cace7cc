// The life of a run: the stored execution of one occurrence. Drawn in docs/state-machines.md.

export const runStatuses = ['planning', 'sending', 'finished', 'cancelled', 'missed', 'skipped'] as const
export type RunStatus = (typeof runStatuses)[number]

/** Every legal move; the database trigger looks the pair up in the same table. */
export const runMoves: Record<RunStatus, readonly RunStatus[]> = {
  planning: ['sending', 'finished', 'cancelled'],
  sending: ['finished', 'cancelled'],
  // A retry rule or an operator may give a message of a finished run another attempt.
  finished: ['sending'],
  cancelled: [],
  missed: [],
  skipped: [],
}

/** Why an occurrence started nothing. */
export const runReasons = ['downtime', 'expired', 'policy', 'paused', 'overlap', 'past'] as const
export type RunReason = (typeof runReasons)[number]
