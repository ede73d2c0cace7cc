// What can be set on the Meta stand-in: who may call, which numbers exist, which templates are approved.

export interface MetaPhoneNumber {
  id: string
  /** Digits. */
  displayPhoneNumber?: string
  verifiedName?: string
  qualityRating?: 'GREEN' | 'YELLOW' | 'RED' | 'UNKNOWN'
  throughput?: 'STANDARD' | 'HIGH' | 'NOT_APPLICABLE'
  messagingLimit?: 'TIER_50' | 'TIER_250' | 'TIER_2K' | 'TIER_10K' | 'TIER_100K' | 'TIER_UNLIMITED' | 'UNTIERED'
  canSendMessage?: 'AVAILABLE' | 'LIMITED' | 'BLOCKED'
}

type TemplateStatus = 'PENDING' | 'APPROVED' | 'REJECTED' | 'PAUSED' | 'DISABLED'

export const templateCategories = ['MARKETING', 'UTILITY', 'AUTHENTICATION'] as const
type TemplateCategory = (typeof templateCategories)[number]

export interface KnownTemplate {
  name: string
  language: string
  /** Default MARKETING. */
  category?: TemplateCategory
  /** Default APPROVED; PAUSED answers 132015, DISABLED 132016, the others 132001. */
  status?: TemplateStatus
  /** How many values the body takes, or their names. Default 0. */
  bodyParameters?: number | readonly string[]
  /** Default NONE. */
  header?: 'NONE' | 'TEXT' | 'IMAGE' | 'VIDEO' | 'DOCUMENT' | 'LOCATION'
  /** Values of a TEXT header. Default 0. */
  headerParameters?: 0 | 1
  /** Buttons that need a value (URL with a suffix, coupon code). Default 0. */
  buttonParameters?: number
  /** Quality pacing: what `message_status` says instead of accepted. */
  pacing?: 'held_for_quality_assessment' | 'paused'
}

export interface MetaOptions {
  /** The only bearer token that is taken; default: any. */
  accessToken?: string
  wabaId?: string
  /** Default: one number, 1060000000000001. */
  phoneNumbers?: readonly MetaPhoneNumber[]
  /** The approved templates; without the list every template is taken as approved. */
  templates?: readonly KnownTemplate[]
  /** Status of a template that is created by a call. Default APPROVED. */
  createdStatus?: TemplateStatus
  /** Refuses everything but templates outside 24 hours after the person's last message (131047). Default false. */
  needsSession?: boolean
}

export const metaDefaults = {
  wabaId: '1000000000000001',
  phoneNumbers: [{ id: '1060000000000001' }],
  createdStatus: 'APPROVED',
} as const
