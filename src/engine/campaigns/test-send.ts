// One message of a campaign to one phone, before anybody else gets it. Neither caps nor reports know of it.
import { AppError } from '../../domain/errors.ts'
import { formatInstant } from '../../domain/instant.ts'
import { insertTestMessage } from '../../store/plan.ts'
import { insertRunIfNew } from '../../store/runs.ts'
import { contactOf } from '../contacts/known-contact.ts'
import { getTypedNumber } from '../contacts/typed-number.ts'
import type { Context } from '../context.ts'
import { checkTemplateOf } from '../senders/templates.ts'
import { refuseWhileHeld } from '../service/held.ts'
import { type LaunchFacts, readForLaunch } from './launch.ts'
import { peopleOf } from './preflight.ts'

/** Makes a test run with one message to one phone, for the sender loop. */
export async function prepareTest(
  ctx: Context,
  idOrName: string,
  phoneText: string,
): Promise<{ runId: number; messageId: number; campaignId: number; phone: string }> {
  const phone = getTypedNumber(ctx, phoneText)
  await ctx.db.read(refuseWhileHeld)
  const found = await ctx.db.read((tx) => readForLaunch(ctx, tx, idOrName))
  await ctx.db.read((tx) => checkTemplateOf(tx, found.sender, found.campaign.definition.content))
  const sample = await firstRecipient(ctx, found)
  const nodeId = await ctx.node.id()
  return ctx.db.write(async (tx) => {
    const now = await tx.now()
    const contact = await contactOf(ctx, tx, phone)
    if (contact === undefined)
      throw new AppError('contact.erased', `the person at ${phone.phone} was erased: nothing is sent to them`, {
        hint: 'Test with another phone.',
      })
    const runId = await insertRunIfNew(
      tx,
      {
        campaignId: found.row.id,
        revisionId: found.row.revisionId ?? 0,
        senderId: found.sender.id,
        kind: 'test',
        occurrenceKey: `test:${formatInstant(now)}:${phone.key}`,
        occurrenceAt: now,
        occurrenceLocal: now,
        committedAt: now,
        pausedFrom: null,
        status: 'sending',
        reason: null,
        warnings: [],
      },
      now,
    )
    if (runId === undefined) throw new AppError('fault', 'two tests to one phone in one millisecond')
    const variables = JSON.stringify({ ...sample, ...contact.attributes })
    const messageId = await insertTestMessage(tx, {
      runId,
      contactId: contact.id,
      revisionId: found.row.revisionId ?? 0,
      nodeId,
      variables,
      now,
      validityMs: found.campaign.validityMs,
    })
    return { runId, messageId, campaignId: found.row.id, phone: phone.phone }
  })
}

/** The fields of a person of the audience fill what the test phone's own contact lacks. */
async function firstRecipient(ctx: Context, found: LaunchFacts): Promise<Record<string, string>> {
  const { audience, sender } = found
  const request = {
    senderId: sender.id,
    capRules: [],
    now: ctx.clock.now(),
    onceOf: undefined,
    fields: audience.fields,
  }
  for await (const [first] of peopleOf(ctx, audience, request)) if (first !== undefined) return first.variables
  return {}
}
