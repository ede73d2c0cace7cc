// `herald users`: who may log in, and a new password for who lost theirs.
import { readFileSync } from 'node:fs'
import type { Command } from 'commander'
import { type Role, roles } from '../../domain/access.ts'
import { AppError } from '../../domain/errors.ts'
import { addUser, changeUser, resetPassword, showUsers, type UserView } from '../../engine/accounts/users.ts'
import { oneOf, text } from '../arguments.ts'
import { action, type Host } from '../host.ts'

const passwordFile = ['--password-file <file>', 'read the password from a file, or - for standard input', text] as const

export function addUsers(program: Command): void {
  const users = program.command('users')
  users
    .command('add')
    .argument('<name>', 'what the user logs in with')
    .requiredOption(
      '--role <role>',
      `${roles.join(', ')}: a viewer reads, an editor writes, a sender starts`,
      oneOf(roles),
    )
    .option(...passwordFile)
    .description('Add a user.')
    .action(
      action(async (host, name: string, flags: { role: Role; passwordFile?: string }) => {
        const password = await readPassword(host, flags.passwordFile)
        const added = await host.withApp((app) => addUser(app.ctx, { name, role: flags.role, password }), {
          mayCreate: true,
        })
        answer(host, added, 'was added')
      }),
    )
  users
    .command('list')
    .description('All users.')
    .action(
      action(async (host) => {
        const all = await host.withApp((app) => showUsers(app.ctx))
        host.output.result(all, () =>
          host.output.table(
            ['id', 'name', 'role', 'status', 'last login'],
            all.map((user) => [user.id, user.name, user.role, user.status, user.lastLoginAt]),
            'No users yet: herald start prints a link for the first one.',
          ),
        )
      }),
    )
  users
    .command('set')
    .argument('<name>', 'user')
    .requiredOption('--role <role>', roles.join(', '), oneOf(roles))
    .description('Give a user another role; the user has to log in again.')
    .action(
      action(async (host, name: string, flags: { role: Role }) =>
        answer(host, await host.withApp((app) => changeUser(app.ctx, name, { role: flags.role })), `is ${flags.role}`),
      ),
    )
  for (const [command, status] of [
    ['disable', 'disabled'],
    ['enable', 'active'],
  ] as const)
    users
      .command(command)
      .argument('<name>', 'user')
      .description(command === 'disable' ? 'End every login and key of a user.' : 'Let a user log in again.')
      .action(
        action(async (host, name: string) =>
          answer(host, await host.withApp((app) => changeUser(app.ctx, name, { status })), `is ${status}`),
        ),
      )
  users
    .command('reset')
    .argument('<name>', 'user')
    .option(...passwordFile)
    .description('A new password for a user who lost it; every login and key of the user ends.')
    .action(
      action(async (host, name: string, flags: { passwordFile?: string }) => {
        const password = await readPassword(host, flags.passwordFile)
        answer(host, await host.withApp((app) => resetPassword(app.ctx, name, password)), 'has a new password')
      }),
    )
}

async function readPassword(host: Host, file: string | undefined): Promise<string> {
  if (file === undefined) return host.askSecret('Password: ')
  try {
    return readFileSync(file === '-' ? 0 : file, 'utf8').replace(/\r?\n$/, '')
  } catch (error) {
    throw new AppError('file.not_readable', `cannot read the password from ${file}`, {
      hint: 'Name a file with nothing but the password.',
      cause: error,
    })
  }
}

function answer({ output }: Host, user: UserView, what: string): void {
  output.result(user, () => output.line(`${user.name} (${user.role}) ${what}.`))
}
