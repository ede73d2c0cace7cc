// Senders: added from a file, paused, resumed, limited; their secrets sealed at rest.
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { z } from 'zod'
import { type CodeTable, readDefinition } from '../../domain/definition.ts'
import { AppError, problemsError } from '../../domain/errors.ts'
import { formatId } from '../../domain/ids.ts'
import { givenName, namePattern } from '../../domain/name.ts'
import { checkRate } from '../../domain/rate.ts'
import type { Provider } from '../../providers/provider.ts'
import { getProvider } from '../../providers/registry.ts'
import { processEnv } from '../../runtime/config.ts'
import type { WriteTx } from '../../store/database.ts'
import {
  findSenderNamed,
  getSender,
  insertSender,
  listSenders,
  pauseSender,
  resumeSender,
  type Sender,
  updateSender,
} from '../../store/senders.ts'
import type { Context } from '../context.ts'
import { type TroubleView, troublesOf } from '../duties/show-troubles.ts'
import { finishRedating, orderRedating } from '../service/redating.ts'
import { requireSeen, type Seen, versionOf } from '../version.ts'

const secretSchema = z.union([
  z.string().min(1),
  z.strictObject({ env: z.string().min(1) }),
  z.strictObject({ file: z.string().min(1) }),
])
type Secret = z.infer<typeof secretSchema>

export const senderSchema = z.strictObject({
  name: givenName()
    .regex(namePattern, 'has 1 to 100 letters, digits, spaces, dots, - and _')
    .describe('1 to 100 letters, digits, spaces, dots, - and _'),
  provider: z.string().min(1),
  account: givenName().min(1).max(100).optional(),
  baseUrl: z.url({ protocol: /^https?$/ }).optional(),
  credentials: z.record(z.string(), z.unknown()).optional(),
  ratePerSecond: z.number().optional(),
  dailyLimit: z.int().min(1).max(10_000_000).optional(),
  pairIntervalSeconds: z.number().min(0).max(3600).optional(),
  concurrency: z.int().min(1).max(1000).optional(),
  /** Whether group ids may be recipients, where the provider has groups. */
  groups: z.boolean().optional(),
})
export type SenderDefinition = z.output<typeof senderSchema>

const codes: CodeTable = {
  '': 'sender.invalid',
  unknown: 'sender.invalid',
  '/ratePerSecond': 'rate.out_of_range',
}

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
  credentials: Record<string, unknown>
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
      createdAt: ctx.clock.now(),
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
  const reading = readDefinition(accountSchema, value, codes)
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
  const reading = readDefinition(senderSchema, value, codes)
  if ('problems' in reading) throw problemsError(reading.problems, 'sender')
  if (reading.value.ratePerSecond !== undefined) checkRate(reading.value.ratePerSecond)
  return reading.value
}

/** Checks the settings of the provider with the secrets as they would be used; keeps how each was given. */
function readCredentials(provider: Provider, given: Record<string, unknown>): Record<string, unknown> {
  const resolved = Object.fromEntries(
    Object.entries(given).map(([key, value]) => [
      key,
      provider.secretKeys.includes(key) ? resolveGiven(key, value) : value,
    ]),
  )
  const reading = readDefinition(provider.settings, resolved, codes)
  if ('problems' in reading)
    throw problemsError(
      reading.problems.map((problem) => ({ ...problem, pointer: `/credentials${problem.pointer}` })),
      `sender of ${provider.name}`,
    )
  return given
}

function resolveGiven(key: string, value: unknown): string {
  const secret = secretSchema.safeParse(value)
  if (secret.success) return readSecret(secret.data, key)
  throw new AppError('sender.invalid', `sender/credentials/${key} is neither text nor {env: NAME} nor {file: PATH}`)
}

function readSecret(secret: Secret, key: string): string {
  if (typeof secret === 'string') return secret
  if ('env' in secret) {
    const value = processEnv()[secret.env]
    if (value === undefined || value === '')
      throw new AppError(
        'config.secret_missing',
        `sender/credentials/${key} names the variable ${secret.env}, which is not set`,
        {
          hint: `Set ${secret.env} where herald runs.`,
        },
      )
    return value
  }
  try {
    return readFileSync(secret.file, 'utf8').trim()
  } catch (error) {
    throw new AppError(
      'config.secret_missing',
      `sender/credentials/${key} names the file ${secret.file}, which cannot be read`,
      { cause: error },
    )
  }
}

function sealCredentials(
  ctx: Context,
  senderId: number,
  provider: Provider,
  given: Record<string, unknown>,
): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(given).map(([key, value]) =>
      provider.secretKeys.includes(key) && typeof value === 'string'
        ? [key, { sealed: ctx.secrets.seal(value, credentialPlace(senderId, key)) }]
        : [key, value],
    ),
  )
}

/** The provider's settings with every secret in clear, for the driver only. */
export function openCredentials(ctx: Context, sender: Sender): unknown {
  const provider = getProvider(sender.provider, sender.credentials)
  const plain = Object.entries(sender.credentials).map(([key, value]) => {
    if (!provider.secretKeys.includes(key)) return [key, value]
    const sealed = (value as { sealed?: string }).sealed
    return [
      key,
      sealed === undefined
        ? readSecret(secretSchema.parse(value), key)
        : ctx.secrets.open(sealed, credentialPlace(sender.id, key)),
    ]
  })
  return provider.settings.parse(Object.fromEntries(plain))
}

function credentialPlace(senderId: number, key: string): string {
  return `senders/${senderId}/${key}`
}

function tokenPlace(senderId: number): string {
  return `senders/${senderId}/webhookToken`
}

function newWebhookToken(ctx: Context, senderId: number): string {
  return ctx.secrets.seal(randomBytes(16).toString('base64url'), tokenPlace(senderId))
}

/** The address for callbacks stays, unless the key of its secret is lost: then there is a new one. */
function readableToken(ctx: Context, sender: Sender): string {
  try {
    openWebhookToken(ctx, sender)
    return sender.webhookToken
  } catch (error) {
    if (error instanceof AppError && error.code === 'config.secret_unreadable') return newWebhookToken(ctx, sender.id)
    throw error
  }
}

export function openWebhookToken(ctx: Context, sender: Sender): string {
  return ctx.secrets.open(sender.webhookToken, tokenPlace(sender.id))
}

/** Where the provider reaches us for this sender. */
export function webhookUrlOf(ctx: Context, sender: Sender): string {
  const base = ctx.config.publicUrl ?? `http://${ctx.config.host}:${ctx.config.port}`
  return `${base}/webhooks/${encodeURIComponent(sender.name)}/${openWebhookToken(ctx, sender)}`
}

function viewSender(ctx: Context, sender: Sender, troubles: TroubleView[]): SenderView {
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

function hideSecrets(sender: Sender): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(sender.credentials).map(([key, value]) => [
      key,
      typeof value === 'object' && value !== null && 'sealed' in value ? '(stored)' : value,
    ]),
  )
}

export async function showSenders(ctx: Context): Promise<SenderView[]> {
  return ctx.db.read(async (tx) => {
    const views: SenderView[] = []
    for (const sender of await listSenders(tx))
      views.push(viewSender(ctx, sender, await troublesOf(tx, 'sender', sender.id)))
    return views
  })
}

export interface TemplateAbilities {
  id: string
  name: string
  /** What the provider lets others do with the templates of the account. */
  calls: Provider['capabilities']['templates']
}

export async function templateAbilities(ctx: Context): Promise<TemplateAbilities[]> {
  const senders = await ctx.db.read(listSenders)
  return senders.map(({ id, name, provider, credentials }) => ({
    id: formatId('sender', id),
    name,
    calls: getProvider(provider, credentials).capabilities.templates,
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
        webhookToken: readableToken(ctx, sender),
      }),
      ...(baseUrl !== undefined && { baseUrl }),
    })
    if (pairIntervalSeconds !== undefined) await orderRedating(tx, 'pair_limit', { at: ctx.clock.now(), nodeId })
  })
  if (pairIntervalSeconds !== undefined) await finishRedating(ctx, 'pair_limit')
  return view
}

function changedCredentials(ctx: Context, sender: Sender, change: Record<string, unknown>): Record<string, unknown> {
  // A secret that is replaced need not be opened: its key may be lost.
  const kept = Object.entries(sender.credentials).filter(([key]) => change[key] === undefined)
  const stored = kept.map(([key, value]) => {
    const sealed = (value as { sealed?: string } | null)?.sealed
    return [key, sealed === undefined ? value : ctx.secrets.open(sealed, credentialPlace(sender.id, key))]
  })
  const wanted = Object.entries({ ...Object.fromEntries(stored), ...change }).filter(([, value]) => value !== null)
  const credentials = Object.fromEntries(wanted)
  const provider = getProvider(sender.provider, credentials)
  return sealCredentials(ctx, sender.id, provider, readCredentials(provider, credentials))
}

async function changeSender(
  ctx: Context,
  { idOrName, seen }: { idOrName: string; seen: Seen },
  change: (tx: WriteTx, sender: Sender) => Promise<void>,
): Promise<SenderView> {
  return ctx.db.write(async (tx) => {
    const sender = await getSender(tx, idOrName)
    requireSeen(seen, versionOfSender(sender), `sender "${sender.name}"`)
    await change(tx, sender)
    return viewSender(ctx, await getSender(tx, sender.id), await troublesOf(tx, 'sender', sender.id))
  })
}
