// Senders: added from a file, paused, resumed, limited; their secrets sealed at rest.
import { z } from 'zod'
import { readDefinition } from '../../domain/definition.ts'
import { AppError, problemsError } from '../../domain/errors.ts'
import { givenName } from '../../domain/given-name.ts'
import { formatId } from '../../domain/ids.ts'
import { formatInstant } from '../../domain/instant.ts'
import { namePattern } from '../../domain/name.ts'
import { isPlainPath } from '../../domain/plain-path.ts'
import { checkRate } from '../../domain/rate.ts'
import type { Provider } from '../../providers/provider.ts'
import { getProvider } from '../../providers/registry.ts'
import type { WriteTx } from '../../store/database.ts'
import {
  findSenderNamed,
  getSender,
  insertSender,
  listSenderFacts,
  lockSender,
  pauseSender,
  resumeSender,
  type Sender,
  updateSender,
} from '../../store/senders.ts'
import type { Context } from '../context.ts'
import { type TroubleView, troublesOf } from '../duties/show-troubles.ts'
import { finishRedating, orderRedating } from '../service/redating.ts'
import { requireSeen, type Seen, versionOf } from '../version.ts'
import { changedCredentials, hideSecrets, readCredentials, sealCredentials, senderCodes } from './sender-secrets.ts'
import { untoldOf } from './untold.ts'
import { FORMER_TOKEN_HOURS, keptToken, newWebhookToken, rotatedToken, webhookUrlOf } from './webhook-token.ts'

/** An address as it is written, before the parser of URLs resolves it. */
function isPlainBase(address: string): boolean {
  const [origin] = /^https?:\/\/[^/?#@\\]+/i.exec(address) ?? []
  if (origin === undefined) return false
  const path = address.slice(origin.length)
  return path === '' || (!/[?#]/.test(path) && isPlainPath(path))
}

export const senderSchema = z.strictObject({
  name: givenName()
    .regex(namePattern, 'has 1 to 100 letters, digits, spaces, dots, - and _')
    .describe('1 to 100 letters, digits, spaces, dots, - and _'),
  provider: z.string().min(1),
  account: givenName().min(1).max(100).optional(),
  baseUrl: z
    .url({ protocol: /^https?$/ })
    .refine(isPlainBase, 'has no user, query or part ".."')
    .optional(),
  credentials: z.record(z.string(), z.unknown()).optional(),
  ratePerSecond: z.number().optional(),
  dailyLimit: z.int().min(1).max(10_000_000).optional(),
  pairIntervalSeconds: z.number().min(0).max(3600).optional(),
  concurrency: z.int().min(1).max(1000).optional(),
  /** Whether group ids may be recipients, where the provider has groups. */
  groups: z.boolean().optional(),
})
export type SenderDefinition = z.output<typeof senderSchema>

/** A sender as it is shown: without secrets. */
export interface SenderView {
  id: string
  name: string
  provider: string
  account: string
  status: 'active' | 'paused'
  pauseReason: string | null
  pauseDetail: string | null
  baseUrl: string | null
  ratePerSecond: number
  dailyLimit: number | null
  pairIntervalSeconds: number
  concurrency: number | null
  groups: boolean
  webhookUrl: string
  /** Until when callbacks to the address before are taken; null when there is none. */
  formerWebhookUntil: string | null
  credentials: Record<string, unknown>
  /** What its provider has no call for. */
  untold: string[]
  /** Changes with its settings, its limits and its status. */
  version: string
  /** What fails at it and is tried again; empty when all is well. */
  troubles: TroubleView[]
}

/** Adds a sender. Throws AppError sender.invalid with all problems, sender.name_taken. */
export async function addSender(ctx: Context, value: unknown): Promise<SenderView> {
  const definition = readSender(value)
  const provider = getProvider(definition.provider, definition.credentials)
  const credentials = readCredentials(provider, definition.credentials ?? {})
  if (definition.groups === true && !provider.capabilities.hasGroups)
    throw new AppError('sender.invalid', `sender/groups: ${provider.title} has no groups`, {
      hint: 'Leave `groups` out.',
    })
  return ctx.db.write(async (tx) => {
    if ((await findSenderNamed(tx, definition.name)) !== undefined)
      throw new AppError('sender.name_taken', `there is a sender "${definition.name}" already`, {
        hint: 'Choose another name.',
      })
    const id = await insertSender(tx, {
      name: definition.name,
      provider: provider.name,
      account: `${provider.name}/${definition.account ?? definition.name}`,
      status: 'active',
      baseUrl: definition.baseUrl ?? null,
      credentials: {},
      webhookToken: '',
      ratePerSecond: checkRate(definition.ratePerSecond ?? ctx.config.senderRatePerSecond),
      dailyLimit: definition.dailyLimit ?? null,
      pairIntervalMs: Math.round((definition.pairIntervalSeconds ?? ctx.config.pairIntervalSeconds) * 1000),
      concurrency: definition.concurrency ?? null,
      takesGroups: definition.groups ?? false,
      createdAt: await tx.now(),
    })
    await updateSender(tx, id, {
      credentials: sealCredentials(ctx, id, provider, credentials),
      webhookToken: newWebhookToken(ctx, id),
    })
    return viewSender(ctx, await getSender(tx, id), [])
  })
}

const accountSchema = senderSchema.pick({ credentials: true, baseUrl: true }).strip()

/** What a sender file says of the account. Throws AppError sender.invalid. */
export function readAccount(value: unknown): Pick<SenderChange, 'credentials' | 'baseUrl'> {
  const reading = readDefinition(accountSchema, value, senderCodes)
  if ('problems' in reading) throw problemsError(reading.problems, 'sender')
  const { credentials, baseUrl } = reading.value
  if (credentials === undefined && baseUrl === undefined)
    throw new AppError('sender.invalid', 'the file has neither credentials nor baseUrl', {
      hint: 'Write it as the file that the sender was added from.',
    })
  return { ...(credentials && { credentials }), ...(baseUrl && { baseUrl }) }
}

function readSender(value: unknown): SenderDefinition {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new AppError('sender.invalid', 'a sender is an object with name, provider and credentials', {
      hint: 'See samples/senders, or herald schema sender.',
    })
  const reading = readDefinition(senderSchema, value, senderCodes)
  if ('problems' in reading) throw problemsError(reading.problems, 'sender')
  if (reading.value.ratePerSecond !== undefined) checkRate(reading.value.ratePerSecond)
  return reading.value
}

export function viewSender(ctx: Context, sender: Sender, troubles: TroubleView[]): SenderView {
  const {
    id,
    name,
    provider,
    account,
    status,
    pauseReason,
    pauseDetail,
    baseUrl,
    ratePerSecond,
    dailyLimit,
    pairIntervalMs,
    concurrency,
    takesGroups,
    formerWebhookUntil,
  } = sender
  return {
    id: formatId('sender', id),
    name,
    provider,
    account: account.slice(account.indexOf('/') + 1),
    status,
    pauseReason,
    pauseDetail,
    baseUrl,
    ratePerSecond,
    dailyLimit,
    pairIntervalSeconds: pairIntervalMs / 1000,
    concurrency,
    groups: takesGroups,
    webhookUrl: webhookUrlOf(ctx, sender),
    untold: untoldOf(getProvider(sender.provider, sender.credentials)),
    formerWebhookUntil:
      formerWebhookUntil === null || formerWebhookUntil <= ctx.clock.now() ? null : formatInstant(formerWebhookUntil),
    credentials: hideSecrets(sender),
    version: versionOfSender(sender),
    troubles,
  }
}

function versionOfSender(sender: Sender): string {
  const { id, status, pauseReason, account, baseUrl, credentials, webhookToken, takesGroups } = sender
  const { ratePerSecond, dailyLimit, pairIntervalMs, concurrency } = sender
  const limits = [ratePerSecond, dailyLimit, pairIntervalMs, concurrency]
  return versionOf([id, status, pauseReason, account, baseUrl, credentials, webhookToken, takesGroups, ...limits])
}

export interface TemplateAbilities {
  id: string
  name: string
  /** What the provider lets others do with the templates of the account. */
  calls: Provider['capabilities']['templates']
  /** When it was asked last; null before the first time. */
  syncedAt: number | null
}

export async function templateAbilities(ctx: Context): Promise<TemplateAbilities[]> {
  const senders = await ctx.db.read(listSenderFacts)
  return senders.map(({ id, name, provider, credentials, templatesSyncedAt }) => ({
    id: formatId('sender', id),
    name,
    calls: getProvider(provider, credentials).capabilities.templates,
    syncedAt: templatesSyncedAt,
  }))
}

export async function showSender(ctx: Context, idOrName: string): Promise<SenderView> {
  return ctx.db.read(async (tx) => {
    const sender = await getSender(tx, idOrName)
    return viewSender(ctx, sender, await troublesOf(tx, 'sender', sender.id))
  })
}

export async function pauseSenderByOperator(ctx: Context, idOrName: string, seen?: Seen): Promise<SenderView> {
  return changeSender(ctx, { idOrName, seen }, async (tx, sender) => {
    await pauseSender(tx, sender.id, 'operator', null)
  })
}

export async function resumeSenderByOperator(ctx: Context, idOrName: string, seen?: Seen): Promise<SenderView> {
  return changeSender(ctx, { idOrName, seen }, async (tx, sender) => {
    await resumeSender(tx, sender.id)
  })
}

/** A new address for callbacks; the present one is taken for a while. Throws AppError sender.invalid. */
export async function rotateWebhook(
  ctx: Context,
  idOrName: string,
  { hours = FORMER_TOKEN_HOURS, seen }: { hours?: number | undefined; seen?: Seen } = {},
): Promise<SenderView> {
  return changeSender(ctx, { idOrName, seen }, async (tx, sender) => {
    await updateSender(tx, sender.id, rotatedToken(ctx, sender, { hours, now: await tx.now() }))
  })
}

export interface SenderChange {
  ratePerSecond?: number
  /** Null takes the limit away. */
  dailyLimit?: number | null
  pairIntervalSeconds?: number
  concurrency?: number | null
  /** Settings of the account by name; null takes one away, what is not named stays. */
  credentials?: Record<string, unknown>
  baseUrl?: string
  seen?: Seen
}

/** New limits hold from the next claim on, a changed account from the next call on. Throws AppError sender.invalid. */
export async function setSender(ctx: Context, idOrName: string, change: SenderChange): Promise<SenderView> {
  const { ratePerSecond, dailyLimit, pairIntervalSeconds, concurrency, credentials, baseUrl, seen } = change
  if (ratePerSecond !== undefined) checkRate(ratePerSecond)
  const nodeId = await ctx.node.id()
  const view = await changeSender(ctx, { idOrName, seen }, async (tx, sender) => {
    await updateSender(tx, sender.id, {
      ...(ratePerSecond !== undefined && { ratePerSecond }),
      // A horizon of 0 makes the next claim count the people of the last day anew.
      ...(dailyLimit !== undefined && { dailyLimit, dailyHorizonAt: 0, dailyUsed: 0 }),
      ...(pairIntervalSeconds !== undefined && { pairIntervalMs: Math.round(pairIntervalSeconds * 1000) }),
      ...(concurrency !== undefined && { concurrency }),
      ...(credentials !== undefined && {
        credentials: changedCredentials(ctx, sender, credentials),
        ...keptToken(ctx, sender),
      }),
      ...(baseUrl !== undefined && { baseUrl }),
    })
    if (pairIntervalSeconds !== undefined) await orderRedating(tx, 'pair_limit', { at: await tx.now(), nodeId })
  })
  if (pairIntervalSeconds !== undefined) await finishRedating(ctx, 'pair_limit')
  return view
}

async function changeSender(
  ctx: Context,
  { idOrName, seen }: { idOrName: string; seen: Seen },
  change: (tx: WriteTx, sender: Sender) => Promise<void>,
): Promise<SenderView> {
  return ctx.db.write(async (tx) => {
    const sender = await lockSender(tx, idOrName)
    requireSeen(seen, versionOfSender(sender), `sender "${sender.name}"`)
    await change(tx, sender)
    return viewSender(ctx, await getSender(tx, sender.id), await troublesOf(tx, 'sender', sender.id))
  })
}
