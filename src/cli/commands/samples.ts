// `samples`: writes the files that the help and the demo name, for installations without a checkout.
import { cpSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Command } from 'commander'
import { AppError } from '../../domain/errors.ts'
import { fileName } from '../arguments.ts'
import { action } from '../host.ts'

/** Of this package. */
export const samplesFolder = fileURLToPath(new URL('../../../samples', import.meta.url))

export function addSamples(program: Command): void {
  program
    .command('samples')
    .argument('[folder]', 'created if it does not exist', fileName, 'samples')
    .option('--force', 'overwrite files that are there')
    .action(
      action(async (host, folder: string, { force = false }: { force?: boolean }) => {
        copySamples(folder, force)
        const files = readdirSync(samplesFolder, { recursive: true, withFileTypes: true })
          .filter((entry) => entry.isFile())
          .map((entry) => join(folder, entry.parentPath.slice(samplesFolder.length), entry.name))
        host.output.result({ folder, files }, () => {
          host.output.line(`${files.length} files are in ${folder}. To begin:`)
          host.output.line(`  herald import ${join(folder, 'contacts.csv')} --list spring`)
        })
      }),
    )
}

function copySamples(folder: string, isForced: boolean): void {
  try {
    cpSync(samplesFolder, folder, { recursive: true, force: isForced, errorOnExist: !isForced })
  } catch (error) {
    const { code } = error as { code?: string }
    if (code === 'ERR_FS_CP_EEXIST')
      throw new AppError('file.exists', `${folder} has files of these names already`, {
        hint: 'Name another folder, or overwrite them with --force.',
      })
    throw new AppError('file.not_writable', `cannot write the samples to ${folder}`, {
      hint: 'Check the folder and its permissions.',
      cause: error,
    })
  }
}
