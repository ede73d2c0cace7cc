// Secrets of senders: sealed at rest with their place, opened for the driver only. A variable or a file is kept by its
// name.
import { readFileSync } from 'node:fs'
import { z } from 'zod'
import { type CodeTable, readDefinition } from '../../domain/definition.ts'
import { AppError, problemsError } from '../../domain/errors.ts'
import type { Provider } from '../../providers/provider.ts'
import { getProvider } from '../../providers/registry.ts'
import { processEnv } from '../../runtime/process-env.ts'
import type { Sender } from '../../store/senders.ts'
import type { Context } from '../context.ts'

const secretSchema = z.union([
  z.string().min(1),
  z.strictObject({ env: z.string().min(1) }),
  z.strictObject({ file: z.string().min(1) }),
])
type Secret = z.infer<typeof secretSchema>

export const senderCodes: CodeTable = {
  '': 'sender.invalid',
  unknown: 'sender.invalid',
  '/ratePerSecond': 'rate.out_of_range',
}

/** Checks the settings of the provider with the secrets as they would be used; keeps how each was given. */
export function readCredentials(provider: Provider, given: Record<string, unknown>): Record<string, unknown> {
  const resolved = Object.fromEntries(
    Object.entries(given).map(([key, value]) => [
      key,
      provider.secretKeys.includes(key) ? resolveGiven(key, value) : value,
    ]),
  )
  const reading = readDefinition(provider.settings, resolved, senderCodes)
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

export function sealCredentials(
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

export function hideSecrets(sender: Sender): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(sender.credentials).map(([key, value]) => [
      key,
      typeof value === 'object' && value !== null && 'sealed' in value ? '(stored)' : value,
    ]),
  )
}

export function changedCredentials(
  ctx: Context,
  sender: Sender,
  change: Record<string, unknown>,
): Record<string, unknown> {
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
