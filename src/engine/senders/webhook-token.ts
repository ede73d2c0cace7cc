// The address that a provider calls for a sender: its token is sealed at rest, and can be replaced. The one before is taken
// for a while, because messages on their way and the provider's own settings still name it.
import { randomBytes } from 'node:crypto'
import { AppError } from '../../domain/errors.ts'
import { HOUR_MS } from '../../domain/time-zone.ts'
import type { Present } from '../../store/database.ts'
import type { NewSender, Sender } from '../../store/senders.ts'
import type { Context } from '../context.ts'

/** Statuses of what was sent mostly come within three days, and a person changes the address at the provider meanwhile. */
export const FORMER_TOKEN_HOURS = 72
export const FORMER_TOKEN_HOURS_MAX = 30 * 24

function tokenPlace(senderId: number): string {
  return `senders/${senderId}/webhookToken`
}

export function newWebhookToken(ctx: Context, senderId: number): string {
  return ctx.secrets.seal(randomBytes(16).toString('base64url'), tokenPlace(senderId))
}

/** The address for callbacks stays, unless the key of its secret is lost: then there is a new one, and none before it. */
export function keptToken(ctx: Context, sender: Sender): Partial<NewSender> {
  try {
    openWebhookToken(ctx, sender)
    return {}
  } catch (error) {
    if (error instanceof AppError && error.code === 'config.secret_unreadable')
      return { webhookToken: newWebhookToken(ctx, sender.id), formerWebhookToken: null, formerWebhookUntil: null }
    throw error
  }
}

type Tokens = Pick<Sender, 'id' | 'webhookToken' | 'formerWebhookToken' | 'formerWebhookUntil'>

export function openWebhookToken(ctx: Context, sender: Pick<Sender, 'id' | 'webhookToken'>): string {
  return ctx.secrets.open(sender.webhookToken, tokenPlace(sender.id))
}

/** The token before and until when it is taken; undefined when there is none or its time is over. */
export function openFormerToken(ctx: Context, sender: Tokens): { token: string; until: number } | undefined {
  const { id, formerWebhookToken: sealed, formerWebhookUntil: until } = sender
  if (sealed === null || until === null || until <= ctx.clock.now()) return undefined
  return { token: ctx.secrets.open(sealed, tokenPlace(id)), until }
}

interface Rotation {
  hours: number
  now: Present
}

/** A new token; the present one is taken for `hours` more, and one before that no longer. */
export function rotatedToken(ctx: Context, sender: Sender, { hours, now }: Rotation): Partial<NewSender> {
  if (!Number.isFinite(hours) || hours < 0 || hours > FORMER_TOKEN_HOURS_MAX)
    throw new AppError('sender.invalid', `the old address can be taken for 0 to ${FORMER_TOKEN_HOURS_MAX} hours more`)
  const isKept = hours > 0
  return {
    webhookToken: newWebhookToken(ctx, sender.id),
    formerWebhookToken: isKept ? sender.webhookToken : null,
    formerWebhookUntil: isKept ? now + Math.round(hours * HOUR_MS) : null,
  }
}

/** Where the provider reaches us for this sender. */
export function webhookUrlOf(ctx: Context, sender: Sender): string {
  const base = ctx.config.publicUrl ?? `http://${ctx.config.host}:${ctx.config.port}`
  return `${base}/webhooks/${encodeURIComponent(sender.name)}/${openWebhookToken(ctx, sender)}`
}
