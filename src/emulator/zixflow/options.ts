// What can be set on the Zixflow stand-in: who may call, which numbers and templates exist.

export interface ZixflowTemplate {
  name: string
  language: string
  /** Default MARKETING. */
  category?: 'MARKETING' | 'UTILITY' | 'AUTHENTICATION'
  /** Default APPROVED; the others are refused when they are sent. */
  status?: 'APPROVED' | 'PENDING' | 'REJECTED'
  /** As Meta writes them. Default: none. */
  components?: readonly Record<string, unknown>[]
  /** Keys of its values at the older API; default: by the components. */
  variables?: readonly string[]
}

export interface ZixflowOptions {
  /** Default: any. */
  apiKey?: string
  /** Default: any. */
  workspaceId?: string
  /** Default: one, 104000000000000. */
  phoneIds?: readonly string[]
  /** Without the list every template is taken. */
  templates?: readonly ZixflowTemplate[]
  /** Of the newer API. Default /api/ingest. */
  pathPrefix?: string
}

export const zixflowDefaults = {
  phoneIds: ['104000000000000'],
  pathPrefix: '/api/ingest',
} as const
