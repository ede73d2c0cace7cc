// What can be set on the Routee stand-in: which application may call, which numbers and accounts exist.

export interface RouteeOptions {
  /** Default: any pair of id and secret. */
  applicationId?: string
  applicationSecret?: string
  /** Numbers that may send; default: any. */
  numbers?: readonly string[]
  /** Default /whatsapp. */
  pathPrefix?: string
  /** Default 3600. */
  tokenLifetimeSeconds?: number
  whatsappAccountId?: string
  /** Whether a message without `text` is refused, as the page says. Default true. */
  needsText?: boolean
  /** Status of a template that is created by a call. Default PENDING. */
  createdStatus?: 'PENDING' | 'APPROVED' | 'REJECTED'
}

export const routeeDefaults = {
  pathPrefix: '/whatsapp',
  tokenLifetimeSeconds: 3600,
  whatsappAccountId: 'waba-1',
  createdStatus: 'PENDING',
} as const

export type RouteeSettings = RouteeOptions & Required<Pick<RouteeOptions, keyof typeof routeeDefaults>>
