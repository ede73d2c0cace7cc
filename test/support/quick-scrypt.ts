// Hashing a password takes some 100 ms on purpose. In this process it takes none: tests log in hundreds of times, and what is
// stored, compared and refused is the same. A process of its own has the real work, which the tests of passwords look at.
import crypto from 'node:crypto'
import { syncBuiltinESMExports } from 'node:module'

const QUICK_N = 16
const { scrypt } = crypto

function quickScrypt(
  password: crypto.BinaryLike,
  salt: crypto.BinaryLike,
  length: number,
  options: crypto.ScryptOptions,
  done: (error: Error | null, key: Buffer) => void,
): void {
  scrypt(password, salt, length, { ...options, N: QUICK_N }, done)
}

crypto.scrypt = quickScrypt as typeof crypto.scrypt
syncBuiltinESMExports()
