// Who may do what. A role is a set of rights; every route of the API and every page names the one right that it asks.

export const rights = ['read', 'edit', 'send', 'export', 'administer'] as const
/** `read`: look at everything but secrets; `edit`: lists, imports, drafts; `send`: launch, pause, resume, cancel, test. */
export type Right = (typeof rights)[number]

export const roles = ['viewer', 'editor', 'sender', 'admin'] as const
export type Role = (typeof roles)[number]

/** Sending and taking data out are rights of their own: who writes a campaign need not be who starts it. */
export const roleRights: Record<Role, readonly Right[]> = {
  viewer: ['read'],
  editor: ['read', 'edit'],
  sender: ['read', 'edit', 'send', 'export'],
  admin: rights,
}

/** A person or a program that has shown who it is. */
export interface Principal {
  userId: number
  name: string
  role: Role
  /** Of the role; a key may have fewer. */
  rights: readonly Right[]
  /** Null for a program with a key. */
  session: { id: string; csrfToken: string } | null
  /** Null for a person with a session. */
  keyId: number | null
  /** In which pages show times to this person; null where none was chosen. */
  timeZone: string | null
}

export function mayDo(principal: Pick<Principal, 'rights'>, right: Right): boolean {
  return principal.rights.includes(right)
}
