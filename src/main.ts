#!/usr/bin/env node
// The bin: argv → command → exit code. What keeps the program from starting at all is said in one line.

const NODE_MIN = [20, 19] as const

async function main(): Promise<void> {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  if (major < NODE_MIN[0] || (major === NODE_MIN[0] && minor < NODE_MIN[1]))
    return fail(
      `Node ${process.versions.node} is too old, need ${NODE_MIN.join('.')} or newer. Install a newer Node.js.`,
    )
  // Data files are nobody else's business.
  process.umask(0o077)
  // A reader that closes its end early (`| head`) is no fault of ours.
  for (const stream of [process.stdout, process.stderr])
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error
    })
  const program = await load()
  if (program !== undefined) process.exitCode = await program.runCommand(process.argv.slice(2))
}

async function load(): Promise<typeof import('./cli/program.ts') | undefined> {
  try {
    return await import('./cli/program.ts')
  } catch (error) {
    const { message } = error as Error
    const isNative = /better.sqlite3|bindings file|NODE_MODULE_VERSION|invalid ELF/i.test(message)
    fail(
      isNative
        ? `the SQLite module does not fit this machine (${message.split('\n')[0]}). Install again: npm ci.`
        : `cannot start: ${message}`,
    )
    return undefined
  }
}

function fail(message: string): void {
  process.stderr.write(`herald: ${message}\n`)
  process.exitCode = 4
}

await main()
