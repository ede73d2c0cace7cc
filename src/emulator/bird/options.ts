// What can be set on the Bird stand-in: who may call, which channel exists, which templates are in force.

export interface BirdTemplate {
  projectId: string
  name?: string
  /** Id of the version; default: the project's. */
  version?: string
  /** Default active; everything else cannot be sent. */
  status?: 'draft' | 'pending' | 'active' | 'inactive' | 'rejected'
  locales?: readonly string[]
  /** Keys of the values, all of them texts. Default: none. */
  variables?: readonly string[]
  category?: string
  /** Blocks by language, as Studio keeps them. Default: none. */
  platformContent?: readonly Record<string, unknown>[]
}

export interface BirdOptions {
  /** The only key that is taken; default: any. */
  accessKey?: string
  workspaceId?: string
  channelId?: string
  organizationId?: string
  /** The templates in force; without the list every template is taken. */
  templates?: readonly BirdTemplate[]
  /** Refuses everything but templates where no service window is open (409). Default false. */
  needsSession?: boolean
  /** Says of every person that the service window is open, whether that person wrote or not. Default false. */
  hasOpenWindows?: boolean
}

export const birdDefaults = {
  workspaceId: '5d4c3b2a-0000-4000-8000-000000000001',
  channelId: '7a6b5c4d-0000-4000-8000-000000000002',
  organizationId: '3c2b1a09-0000-4000-8000-000000000005',
  connectorId: '5e4d3c2b-0000-4000-8000-000000000003',
  locale: 'en',
} as const
