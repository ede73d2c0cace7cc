// /users: who may log in and what they may do. Whatever changes a user's access ends all logins and keys of the user.
import { z } from '@hono/zod-openapi'
import { rights } from '../../domain/access.ts'
import {
  addUser,
  changeUser,
  resetPassword,
  roleSchema,
  showUser,
  showUsers,
  userNameSchema,
} from '../../engine/accounts/users.ts'
import { type ApiFacts, answers, apiRouter, jsonBody, operation } from '../api.ts'
import { seenBy, tagged, versionField } from '../condition.ts'
import { page, pageOf, pageQuery, readCursor } from '../paging.ts'

const statusSchema = z.enum(['active', 'disabled'])

const userView = z
  .object({
    id: z.string().openapi({ example: 'usr_1' }),
    name: z.string(),
    role: roleSchema,
    status: statusSchema,
    createdAt: z.iso.datetime(),
    lastLoginAt: z.iso.datetime().nullable(),
    version: versionField,
  })
  .openapi('User')

const password = z.string().max(1000).openapi({ format: 'password', description: 'at least 12 characters' })
const byUser = z.object({ user: z.string().min(1).max(100).openapi({ description: 'name' }) })
const tags = ['Users']

export function userRoutes({ ctx }: ApiFacts) {
  return apiRouter()
    .openapi(
      operation('read', {
        operationId: 'getMe',
        method: 'get',
        path: '/me',
        tags,
        summary: 'Who asks, and what they may do',
        responses: {
          200: answers(
            z
              .object({
                name: z.string(),
                role: roleSchema,
                rights: z.array(z.enum(rights)),
                by: z.enum(['key', 'session']),
              })
              .openapi('Me'),
            'the user of the key or the session',
          ),
        },
      }),
      (c) => {
        const principal = c.get('principal')
        if (principal === undefined) throw new Error('an operation answered a stranger')
        const { name, role, session } = principal
        return c.json(
          { name, role, rights: [...principal.rights], by: session === null ? ('key' as const) : ('session' as const) },
          200,
        )
      },
    )
    .openapi(
      operation('administer', {
        operationId: 'listUsers',
        method: 'get',
        path: '/users',
        tags,
        summary: 'All users',
        request: { query: z.object(pageQuery) },
        responses: { 200: answers(pageOf(userView), 'users by name') },
      }),
      async (c) => {
        const { limit, cursor } = c.req.valid('query')
        const after = readCursor(cursor, 'users')
        const rest = (await showUsers(ctx)).filter(({ name }) => after === undefined || name > after)
        return c.json(
          page(rest, limit, 'users', ({ name }) => name),
          200,
        )
      },
    )
    .openapi(
      operation('administer', {
        operationId: 'addUser',
        method: 'post',
        path: '/users',
        tags,
        summary: 'Add a user',
        request: {
          body: jsonBody(z.strictObject({ name: userNameSchema, role: roleSchema, password }).openapi('NewUser')),
        },
        responses: { 201: answers(userView, 'the user') },
      }),
      async (c) => c.json(tagged(c, await addUser(ctx, c.req.valid('json'))), 201),
    )
    .openapi(
      operation('administer', {
        operationId: 'getUser',
        'x-conditional': true,
        method: 'get',
        path: '/users/{user}',
        tags,
        summary: 'One user',
        request: { params: byUser },
        responses: { 200: answers(userView, 'the user') },
      }),
      async (c) => c.json(tagged(c, await showUser(ctx, c.req.valid('param').user)), 200),
    )
    .openapi(
      operation('administer', {
        operationId: 'changeUser',
        'x-conditional': true,
        method: 'patch',
        path: '/users/{user}',
        tags,
        summary: 'Give another role, disable, enable',
        description: 'Every login and key of the user ends.',
        request: {
          params: byUser,
          body: jsonBody(
            z.strictObject({ role: roleSchema.optional(), status: statusSchema.optional() }).openapi('UserChange'),
          ),
        },
        responses: { 200: answers(userView, 'the user') },
      }),
      async (c) => {
        const { role, status } = c.req.valid('json')
        const change = { ...(role !== undefined && { role }), ...(status !== undefined && { status }) }
        return c.json(tagged(c, await changeUser(ctx, c.req.valid('param').user, { ...change, seen: seenBy(c) })), 200)
      },
    )
    .openapi(
      operation('administer', {
        operationId: 'setPassword',
        method: 'post',
        path: '/users/{user}/password',
        tags,
        summary: 'Set a new password for a user who lost it',
        description: 'Every login and key of the user ends.',
        request: { params: byUser, body: jsonBody(z.strictObject({ password })) },
        responses: { 200: answers(userView, 'the user') },
      }),
      async (c) => c.json(await resetPassword(ctx, c.req.valid('param').user, c.req.valid('json').password), 200),
    )
}
