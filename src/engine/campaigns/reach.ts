// How many people a launch reaches, and what is asked when it is nobody or another number than was confirmed. The numbers
// are those of the forecast: planning and the claim's chain of rules, asked before the launch.
import type { Campaign } from '../../domain/campaign.ts'
import { AppError } from '../../domain/errors.ts'
import { counted } from '../../domain/plural.ts'
import { isRecurring } from '../../domain/schedule.ts'
import type { Forecast } from '../report/forecast.ts'
import { leftOutText, wayOutOf } from '../report/reach-words.ts'

export interface Reach {
  /** The audience. */
  people: number
  /** Those among them who will get it: the number that a launch confirms. */
  recipients: number
  /** The others by reason. */
  leftOutBy: Record<string, number>
}

/** What a user says yes to. */
export interface Confirmed {
  confirmedCount?: number | undefined
  /** It may reach nobody. */
  isEvenIfNobody?: boolean | undefined
}

/** Where time leaves people out, the number moves while it is confirmed: by so much it may differ. */
const DRIFT_MAX = 0.02
const timeReasons = ['expired', 'quiet_hours', 'quiet_hours_no_time_left', 'frequency_cap', 'no_session', 'zone_passed']

export function reachOf({ audience, recipients, leftOutBy }: Forecast): Reach {
  return { people: audience, recipients, leftOutBy }
}

/** Throws AppError campaign.audience_empty, campaign.reaches_nobody, campaign.audience_changed. */
export function refuseUnconfirmed(campaign: Campaign, reach: Reach, confirmed: Confirmed): void {
  // A later occurrence of a recurring campaign may find more people.
  if (reach.recipients === 0 && !isRecurring(campaign.schedule) && confirmed.isEvenIfNobody !== true)
    throw nobodyError(campaign, reach)
  refuseOtherCount(reach, confirmed.confirmedCount)
}

const ANYWAY = 'To launch it anyway, confirm that nobody will get it (`--even-if-nobody`, in the API `evenIfNobody`).'

function nobodyError({ definition: { name } }: Campaign, { people, leftOutBy }: Reach): AppError {
  const details = { people, recipients: 0, leftOutBy }
  if (people === 0)
    return new AppError('campaign.audience_empty', `nobody would get campaign "${name}": its audience is empty`, {
      hint: `Check lists and filter of its audience. ${ANYWAY}`,
      details,
    })
  return new AppError('campaign.reaches_nobody', `nobody would get campaign "${name}": ${leftOutText(leftOutBy)}`, {
    hint: `${wayOutOf(leftOutBy)} ${ANYWAY}`,
    details,
  })
}

/** Throws AppError campaign.audience_changed. */
export function refuseOtherCount(reach: Reach, confirmed: number | undefined): void {
  const { people, recipients, leftOutBy } = reach
  if (confirmed === undefined || Math.abs(confirmed - recipients) <= driftOf(reach)) return
  throw new AppError(
    'campaign.audience_changed',
    `${counted(recipients, 'person', 'people')} of ${people} will get it, not ${confirmed}`,
    {
      hint: 'Look at the review again, then confirm the number that it shows.',
      details: { people, recipients, leftOutBy },
    },
  )
}

function driftOf({ recipients, leftOutBy }: Reach): number {
  return timeReasons.some((reason) => (leftOutBy[reason] ?? 0) > 0) ? Math.floor(recipients * DRIFT_MAX) : 0
}

/** What is said of a recurring campaign whose first occurrence would reach nobody. */
export function firstReachWarning({ schedule }: Campaign, reach: Reach): string | undefined {
  if (reach.recipients > 0 || !isRecurring(schedule)) return undefined
  const why = reach.people === 0 ? 'the audience is empty now' : leftOutText(reach.leftOutBy)
  return `nobody would get the first occurrence: ${why}; later ones go to the people who are in the audience then (campaign.reaches_nobody)`
}
