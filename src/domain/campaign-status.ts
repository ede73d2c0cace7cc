// The life of a campaign: the operator's intent and how far it has come. Drawn in docs/state-machines.md.
import { AppError } from './errors.ts'

export const campaignStatuses = [
  'draft',
  'scheduled',
  'running',
  'paused',
  'finished',
  'cancelled',
  'archived',
] as const
export type CampaignStatus = (typeof campaignStatuses)[number]

/** Every legal move; the database trigger looks the pair up in the same table. */
export const campaignMoves: Record<CampaignStatus, readonly CampaignStatus[]> = {
  draft: ['scheduled', 'archived'],
  scheduled: ['running', 'paused', 'finished', 'cancelled'],
  running: ['paused', 'finished', 'cancelled'],
  paused: ['scheduled', 'running', 'finished', 'cancelled'],
  // A retry rule or an operator may give a message of a finished campaign another attempt.
  finished: ['running', 'archived'],
  cancelled: ['archived'],
  archived: [],
}

/** Whether an operator has to say that the reason of a pause was read, before the campaign goes on. */
export function needsAcknowledgement(pauseReason: string | null): boolean {
  return pauseReason === 'template_errors' || pauseReason === 'failed_share' || pauseReason === 'restored'
}

export type CampaignAction = 'launch' | 'pause' | 'resume' | 'cancel' | 'archive' | 'edit'

/** What an action does to a campaign: move it, nothing (it was done before), or why it cannot be done. */
export type CampaignDecision = { act: 'move' | 'none' } | { act: 'refuse'; error: AppError }

/** Launch, pause, resume and cancel repeated are no-ops; what contradicts the status is refused with a way out. */
export function decideCampaignAction(action: CampaignAction, status: CampaignStatus, name: string): CampaignDecision {
  return { launch, pause, resume, cancel, archive, edit }[action](status, name)
}

const move: CampaignDecision = { act: 'move' }
const none: CampaignDecision = { act: 'none' }

function refuse(
  code: 'campaign.finished' | 'campaign.cancelled' | 'campaign.archived' | 'campaign.running' | 'campaign.not_launched',
  message: string,
  hint: string,
): CampaignDecision {
  return { act: 'refuse', error: new AppError(code, message, { hint }) }
}

function refuseEnded(status: 'finished' | 'cancelled' | 'archived', name: string, verb: string): CampaignDecision {
  return refuse(
    `campaign.${status}`,
    `campaign "${name}" is ${status} and cannot be ${verb}`,
    'Clone it to send again: herald campaigns clone.',
  )
}

function launch(status: CampaignStatus, name: string): CampaignDecision {
  if (status === 'draft') return move
  if (status === 'finished' || status === 'cancelled' || status === 'archived')
    return refuseEnded(status, name, 'launched')
  return none
}

function pause(status: CampaignStatus, name: string): CampaignDecision {
  if (status === 'scheduled' || status === 'running') return move
  if (status === 'paused') return none
  if (status === 'draft')
    return refuse(
      'campaign.not_launched',
      `campaign "${name}" is a draft: there is nothing to pause`,
      'Launch it first: herald campaigns launch.',
    )
  return refuseEnded(status, name, 'paused')
}

function resume(status: CampaignStatus, name: string): CampaignDecision {
  if (status === 'paused') return move
  if (status === 'scheduled' || status === 'running') return none
  if (status === 'draft')
    return refuse(
      'campaign.not_launched',
      `campaign "${name}" is a draft: there is nothing to resume`,
      'Launch it first: herald campaigns launch.',
    )
  return refuseEnded(status, name, 'resumed')
}

function cancel(status: CampaignStatus, name: string): CampaignDecision {
  if (status === 'scheduled' || status === 'running' || status === 'paused') return move
  if (status === 'cancelled') return none
  if (status === 'draft')
    return refuse(
      'campaign.not_launched',
      `campaign "${name}" is a draft: there is nothing to cancel`,
      'Archive it instead: herald campaigns archive.',
    )
  return refuseEnded(status, name, 'cancelled')
}

function archive(status: CampaignStatus, name: string): CampaignDecision {
  if (status === 'draft' || status === 'finished' || status === 'cancelled') return move
  if (status === 'archived') return none
  return refuse(
    'campaign.running',
    `campaign "${name}" is ${status} and cannot be archived`,
    'Cancel it first: herald campaigns cancel.',
  )
}

function edit(status: CampaignStatus, name: string): CampaignDecision {
  if (status === 'finished' || status === 'cancelled' || status === 'archived')
    return refuseEnded(status, name, 'edited')
  return move
}
