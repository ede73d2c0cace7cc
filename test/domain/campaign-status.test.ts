// What an action does to a campaign in each of its statuses: moves it, nothing, or a refusal with a way out.
import { describe, expect, it } from 'vitest'
import {
  type CampaignAction,
  type CampaignStatus,
  campaignMoves,
  campaignStatuses,
  decideCampaignAction,
} from '../../src/domain/campaign-status.ts'
import { runMoves, runStatuses } from '../../src/domain/run-status.ts'

/** `move`, `none`, or the code of the refusal. */
function decided(action: CampaignAction, status: CampaignStatus): string {
  const decision = decideCampaignAction(action, status, 'Spring')
  return decision.act === 'refuse' ? decision.error.code : decision.act
}

describe('an action', () => {
  it.each<[CampaignAction, string[]]>([
    ['launch', ['move', 'none', 'none', 'none', 'campaign.finished', 'campaign.cancelled', 'campaign.archived']],
    [
      'pause',
      ['campaign.not_launched', 'move', 'move', 'none', 'campaign.finished', 'campaign.cancelled', 'campaign.archived'],
    ],
    [
      'resume',
      ['campaign.not_launched', 'none', 'none', 'move', 'campaign.finished', 'campaign.cancelled', 'campaign.archived'],
    ],
    ['cancel', ['campaign.not_launched', 'move', 'move', 'move', 'campaign.finished', 'none', 'campaign.archived']],
    ['archive', ['move', 'campaign.running', 'campaign.running', 'campaign.running', 'move', 'move', 'none']],
    ['edit', ['move', 'move', 'move', 'move', 'campaign.finished', 'campaign.cancelled', 'campaign.archived']],
  ])('to %s is a move, nothing or a refusal by status', (action, results) => {
    expect(campaignStatuses.map((status) => decided(action, status))).toEqual(results)
  })

  it('that is refused names the campaign and what to do instead', () => {
    const decision = decideCampaignAction('pause', 'draft', 'Spring')
    expect(decision).toMatchObject({
      act: 'refuse',
      error: {
        message: 'campaign "Spring" is a draft: there is nothing to pause',
        hint: expect.stringContaining('launch'),
      },
    })
  })

  it('moves along the table only', () => {
    const targets = { launch: 'scheduled', pause: 'paused', cancel: 'cancelled', archive: 'archived' } as const
    for (const [action, target] of Object.entries(targets))
      for (const status of campaignStatuses)
        if (decided(action as CampaignAction, status) === 'move') expect(campaignMoves[status]).toContain(target)
  })
})

describe('the moves', () => {
  it.each([
    ['a campaign', campaignStatuses, campaignMoves],
    ['a run', runStatuses, runMoves],
  ] as const)('of %s name every status and lead to known ones only', (_name, statuses, moves) => {
    expect(Object.keys(moves)).toEqual([...statuses])
    for (const [from, targets] of Object.entries<readonly string[]>(moves)) {
      expect(targets).not.toContain(from)
      for (const target of targets) expect(statuses).toContain(target)
    }
  })

  it('end with an archived campaign and with a run that came to nothing', () => {
    expect(campaignStatuses.filter((status) => campaignMoves[status].length === 0)).toEqual(['archived'])
    expect(runStatuses.filter((status) => runMoves[status].length === 0)).toEqual(['cancelled', 'missed', 'skipped'])
  })
})
