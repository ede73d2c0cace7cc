// Tests of the command line and of killed processes run the built program: it is built once before all tests.
import { execFileSync } from 'node:child_process'

export function setup(): void {
  execFileSync(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json'], { stdio: 'inherit' })
}
