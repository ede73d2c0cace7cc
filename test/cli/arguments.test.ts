// What the command line takes for the name of a file.
import { describe, expect, it } from 'vitest'
import { file, fileName } from '../../src/cli/arguments.ts'

describe('the name of a file', () => {
  it('is not -, which means a stream elsewhere and would become a file of that name', () => {
    for (const read of [fileName, (value: string) => file(value, undefined)]) {
      expect(() => read('-')).toThrow('It needs a name; ./- names a file that is called so.')
      expect(read('./-')).toBe('./-')
    }
  })
})
