// Senders added by people and programs that are not on the machine: what the machine itself holds is not theirs to
// name, be it an address of its network, a variable or a file.
import { z } from 'zod'
import { AppError } from '../../domain/errors.ts'
import type { Provider } from '../../providers/provider.ts'
import { getProvider, listProviders } from '../../providers/registry.ts'
import type { Context } from '../context.ts'
import { addSender, type SenderView, senderSchema } from './senders.ts'

export const remoteSenderSchema = senderSchema.omit({ baseUrl: true })

/** Throws AppError auth.forbidden for a baseUrl, a variable or a file; what addSender throws. */
export async function addRemoteSender(ctx: Context, value: unknown): Promise<SenderView> {
  refuseReach(value)
  return addSender(ctx, value)
}

/** Throws AppError auth.forbidden for a definition that reaches into the machine. */
export function refuseReach(value: unknown): void {
  if (typeof value !== 'object' || value === null) return
  const { baseUrl, credentials } = value as { baseUrl?: unknown; credentials?: unknown }
  if (baseUrl !== undefined)
    throw notFromAfar('baseUrl is set on the machine itself', 'Use herald senders add with a file there.')
  for (const [key, secret] of Object.entries(credentials ?? {}))
    if (typeof secret === 'object' && secret !== null && ('env' in secret || 'file' in secret))
      throw notFromAfar(`credentials/${key} names a variable or a file of the machine`, 'Give the secret itself.')
}

function notFromAfar(message: string, hint: string): AppError {
  return new AppError('auth.forbidden', message, { hint })
}

/** One setting of a provider, as a form asks for it. */
export interface SettingField {
  name: string
  kind: 'text' | 'secret' | 'choice' | 'flag'
  isRequired: boolean
  /** What holds when nothing is given. */
  fallback: string | null
  choices: readonly string[]
}

export interface ProviderForm {
  name: string
  title: string
  /** Whether a sender there can be told to write to groups. */
  hasGroups: boolean
  fields: SettingField[]
}

/** As people know a provider. */
export function providerTitle(name: string): string {
  return listProviders().find((provider) => provider.name === name)?.title ?? name
}

/** Every provider with what its accounts need. */
export function providerForms(): ProviderForm[] {
  return listProviders().map((provider) => ({
    name: provider.name,
    title: provider.title,
    hasGroups: provider.capabilities.hasGroups,
    fields: fieldsOf(provider),
  }))
}

interface SettingSchema {
  type?: string
  enum?: string[]
  default?: unknown
  properties?: Record<string, SettingSchema>
  required?: string[]
}

/** From the schema that checks the settings. Settings of several parts keep their defaults; files can set them. */
function fieldsOf({ settings, secretKeys }: Provider): SettingField[] {
  const schema = z.toJSONSchema(settings, { io: 'input', unrepresentable: 'any' }) as SettingSchema
  return Object.entries(schema.properties ?? {})
    .filter(([, { type }]) => type !== 'object')
    .map(([name, setting]) => ({
      name,
      kind: secretKeys.includes(name) ? 'secret' : kindOf(setting),
      isRequired: schema.required?.includes(name) === true,
      fallback: setting.default === undefined ? null : String(setting.default),
      choices: setting.enum ?? [],
    }))
}

function kindOf({ type, enum: choices }: SettingSchema): SettingField['kind'] {
  if (choices !== undefined) return 'choice'
  return type === 'boolean' ? 'flag' : 'text'
}

/** Texts of a form as the settings that they stand for; what was left empty is left out. */
export function readSettings(provider: string, texts: Readonly<Record<string, string>>): Record<string, unknown> {
  const settings: Record<string, unknown> = {}
  for (const { name, kind } of fieldsOf(getProvider(provider))) {
    const text = (texts[name] ?? '').trim()
    if (text !== '') settings[name] = kind === 'flag' ? text === 'yes' : text
  }
  return settings
}
