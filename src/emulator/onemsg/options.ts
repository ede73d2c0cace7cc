// What can be set on the 1MSG stand-in: the channel and who may call it, its templates, what it keeps and how it reports.

export interface KnownTemplate {
  name: string
  language: string
  /** Default approved; anything else is refused as not there. */
  status?: string
  /** Default MARKETING. */
  category?: string
  /** Meta's definition; default: a body without values. */
  components?: readonly Record<string, unknown>[]
}

export interface OneMsgOptions {
  /** The only channel that exists; default: any. */
  channelId?: string
  /** The only token that is taken; default: any. */
  token?: string
  /** The only namespace that templates may be sent with; default: any. */
  namespace?: string
  /** The templates of the channel; without the list every template is taken. */
  templates?: readonly KnownTemplate[]
  /** Status of a template that is created by a call. Default approved. */
  createdStatus?: string
  /** Refuses everything but templates outside 24 hours after the person's last message. Default false. */
  needsSession?: boolean
  /** Answers GET /messages; without it only a notice, as channels do at first. */
  hasHistory?: boolean
  /** Callbacks in Meta's form instead of 1MSG's own. */
  rawHooks?: boolean
  /** How a read message is told. Default read; the 2.39 pages say viewed. */
  readWord?: 'read' | 'viewed' | 'played'
  /** Default connected. */
  status?: 'connected' | 'connecting' | 'disconnected' | 'uninitialized' | 'unregistered'
  /** Addresses that the channel calls already. */
  webhookUrls?: readonly string[]
}

export const oneMsgDefaults = {
  channelId: 'ABC123456789',
  namespace: 'aaaa1111_bbbb_2222_cccc_333344445555',
  createdStatus: 'approved',
  status: 'connected',
  readWord: 'read',
} as const
