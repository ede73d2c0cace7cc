// What a folder may hold when a program that changes it is killed, or the power is cut: the calls of one run are recorded by
// strace, and played up to any of them. After a kill everything is there that was written. After a power cut a file has for
// sure what it had at its last sync, and a name for sure when the file or its folder was synced; all else may have arrived or not.
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { onTestFinished } from 'vitest'
import { tempDir } from '../support/open-test-app.ts'
import { spreadPoints } from './faults/kill-points.ts'

const CALLS =
  'openat,close,pwrite64,write,copy_file_range,sendfile,ftruncate,fsync,fdatasync,rename,renameat,renameat2,unlink,unlinkat'
/** More than any write of a page or a note. */
const TEXT_MAX = 1_100_000
const SECTOR = 512
/** Memory that processes share: not on any disk. */
const IN_MEMORY = /-shm$/

/** Why no calls can be recorded on this machine; undefined when they can. */
export const noStrace = ((): string | undefined => {
  const { status, error } = spawnSync('strace', ['-qq', '-e', 'trace=none', 'true'])
  if (error !== undefined) return 'strace is not installed'
  return status === 0 ? undefined : 'strace may not trace here'
})()

interface File {
  now: Buffer
  synced: Buffer
}

type Names = Map<string, File>

export interface Image {
  /** After which call, and what has arrived of what was not synced. */
  label: string
  call: string
  files: ReadonlyMap<string, Buffer>
}

const CUTS = ['nothing arrived', 'names arrived', 'contents arrived', 'some arrived'] as const
type Kind = 'killed' | (typeof CUTS)[number]

/**
 * Images of a folder after calls of each kind, spread over the run of a script of Node: `count` calls at most, each with what a kill and with
 * what one kind of power cut leaves there; and what is sure when the script has ended.
 */
export async function imagesOf(dir: string, script: string, count: number): Promise<{ images: Image[]; last: Image }> {
  const [probe, disk] = [new FolderOnDisk(dir), new FolderOnDisk(dir)]
  const lines = await recorded(script)
  const changing = [...lines.entries()].filter(([, line]) => probe.play(line))
  const points = changing.map(([nth, line]) => ({ name: nameOf(line), nth }))
  const chosen = new Set(spreadPoints(points, count).map(({ nth }) => nth))
  const images: Image[] = []
  for (const [n, line] of lines.entries()) {
    disk.play(line)
    if (!chosen.has(n)) continue
    const cut = CUTS[(images.length / 2) % CUTS.length] ?? 'nothing arrived'
    for (const kind of ['killed', cut] as const)
      images.push({
        label: `${kind} after call ${n}, ${nameOf(line)}`,
        call: nameOf(line),
        files: disk.image(kind),
      })
  }
  return { images, last: { label: 'the end', call: '', files: disk.image('nothing arrived') } }
}

function nameOf(line: string): string {
  return line.slice(0, line.indexOf('('))
}

/** The kinds of calls that images were made after. */
export function callsOf(images: readonly Image[]): string[] {
  return [...new Set(images.map(({ call }) => call))]
}

/** Puts an image in place of what a folder holds: files may name each other by their paths. */
export function putImage(dir: string, { files }: Image): void {
  for (const name of readdirSync(dir)) rmSync(join(dir, name), { recursive: true, force: true })
  for (const [path, content] of files) {
    mkdirSync(dirname(path), { recursive: true })
    // What only its owner may read is refused when others can.
    writeFileSync(path, content, { mode: 0o600 })
  }
}

/** The calls of a script, each whole and in its order, with texts as hexadecimal bytes. */
async function recorded(script: string): Promise<string[]> {
  const log = join(tempDir(), 'calls')
  const options = ['-f', '-qq', '-xx', '-s', String(TEXT_MAX), '-e', `trace=${CALLS}`, '-e', 'signal=none', '-o', log]
  const argv = [...options, '--seccomp-bpf', process.execPath, '--input-type=module', '-e', script]
  const child = spawn('strace', argv, { stdio: ['ignore', 'ignore', 'inherit'] })
  onTestFinished(() => void child.kill('SIGKILL'))
  const [code] = await once(child, 'close')
  if (code !== 0) throw new Error(`the script that is recorded ended with ${code}`)
  const begun = new Map<string, string>()
  return readFileSync(log, 'latin1')
    .split('\n')
    .flatMap((line) => {
      const [thread = ''] = line.split(' ', 1)
      const call = line.slice(thread.length).trimStart()
      const unfinished = ' <unfinished ...>'
      if (call.endsWith(unfinished)) {
        begun.set(thread, call.slice(0, -unfinished.length))
        return []
      }
      const [, rest] = /^<\.\.\. \w+ resumed>(.*)$/.exec(call) ?? []
      return rest === undefined ? [call] : [`${begun.get(thread) ?? ''}${rest}`]
    })
}

class FolderOnDisk {
  readonly #dir: string
  #names: Names = new Map()
  #kept: Names = new Map()
  /** Folders that were renamed, until the folder around them is synced. */
  #moved: [from: string, to: string][] = []
  readonly #open = new Map<number, { path: string; file: File | undefined; at: number }>()
  #chance = 1

  /** What is in the folder now has been there for long. */
  constructor(dir: string) {
    this.#dir = dir
    for (const name of readdirSync(dir, { recursive: true, encoding: 'utf8' })) {
      const path = join(dir, name)
      if (IN_MEMORY.test(path) || !statSync(path).isFile()) continue
      const content = readFileSync(path)
      this.#names.set(path, { now: content, synced: content })
    }
    this.#kept = new Map(this.#names)
  }

  /** Whether it changed what the folder may hold. */
  play(line: string): boolean {
    const call = /^(\w+)\((.*)\) += (-?\d+)/s.exec(line)
    if (call === null || Number(call[3]) < 0) return false
    const [, name = '', given = '', result = ''] = call
    const texts = [...given.matchAll(/"((?:\\x[0-9a-f]{2})*)"/g)].map(([, hex = '']) => bytesOf(hex))
    const numbers = given
      .replaceAll(/"[^"]*"/g, '')
      .split(',')
      .map((part) => Number.parseInt(part, 10))
    const file = Number.parseInt(given, 10)
    if (name === 'openat') this.#opened(texts[0]?.toString() ?? '', given, Number(result))
    else if (name === 'close') this.#open.delete(file)
    else if (name === 'pwrite64') return this.#write(file, texts[0], numbers.at(-1) ?? 0)
    else if (name === 'write') return this.#append(file, texts[0])
    else if (name === 'copy_file_range') return this.#copy(file, numbers[2] ?? 0, Number(result))
    else if (name === 'sendfile') return this.#copy(numbers[1] ?? 0, file, Number(result))
    else if (name === 'ftruncate') return this.#cut(file, numbers.at(-1) ?? 0)
    else if (name.endsWith('sync')) return this.#sync(file)
    else if (name.startsWith('rename')) return this.#rename(texts[0]?.toString() ?? '', texts[1]?.toString() ?? '')
    else if (name.startsWith('unlink')) return this.#names.delete(texts[0]?.toString() ?? '')
    return false
  }

  image(kind: Kind): ReadonlyMap<string, Buffer> {
    const hasNames = kind === 'killed' || kind === 'names arrived' || (kind === 'some arrived' && this.#coin())
    const content = ({ now, synced }: File) => {
      if (kind === 'some arrived') return this.#mixed(synced, now)
      return kind === 'killed' || kind === 'contents arrived' ? now : synced
    }
    return new Map([...(hasNames ? this.#names : this.#kept)].map(([path, file]) => [path, content(file)]))
  }

  #opened(path: string, given: string, descriptor: number): void {
    if (!path.startsWith(`${this.#dir}/`) && path !== this.#dir) return
    if (IN_MEMORY.test(path)) return
    let file = this.#names.get(path)
    if (file === undefined && given.includes('O_CREAT')) {
      file = { now: Buffer.alloc(0), synced: Buffer.alloc(0) }
      this.#names.set(path, file)
    }
    if (file !== undefined && given.includes('O_TRUNC')) file.now = Buffer.alloc(0)
    this.#open.set(descriptor, { path, file, at: 0 })
  }

  #write(descriptor: number, bytes: Buffer | undefined, at: number): boolean {
    const file = this.#open.get(descriptor)?.file
    if (file === undefined || bytes === undefined) return false
    const longer = Buffer.alloc(Math.max(file.now.length, at + bytes.length))
    file.now.copy(longer)
    bytes.copy(longer, at)
    file.now = longer
    return true
  }

  #append(descriptor: number, bytes: Buffer | undefined): boolean {
    const open = this.#open.get(descriptor)
    if (open === undefined || !this.#write(descriptor, bytes, open.at)) return false
    open.at += bytes?.length ?? 0
    return true
  }

  #copy(from: number, to: number, length: number): boolean {
    const [source, target] = [this.#open.get(from), this.#open.get(to)]
    if (source?.file === undefined || target?.file === undefined) return false
    const bytes = source.file.now.subarray(source.at, source.at + length)
    source.at += length
    return this.#append(to, bytes)
  }

  #cut(descriptor: number, length: number): boolean {
    const file = this.#open.get(descriptor)?.file
    if (file === undefined) return false
    const cut = Buffer.alloc(length)
    file.now.copy(cut)
    file.now = cut
    return true
  }

  #sync(descriptor: number): boolean {
    const open = this.#open.get(descriptor)
    if (open === undefined) return false
    if (open.file === undefined) this.#keepNamesIn(open.path)
    else {
      open.file.synced = open.file.now
      for (const [path, file] of this.#names) if (file === open.file) this.#kept.set(path, file)
    }
    return true
  }

  #keepNamesIn(folder: string): void {
    for (const [from, to] of this.#moved.filter(([, to]) => dirname(to) === folder))
      this.#kept = new Map([...this.#kept].map(([path, file]) => [moved(path, from, to), file]))
    this.#moved = this.#moved.filter(([, to]) => dirname(to) !== folder)
    for (const path of this.#kept.keys()) if (dirname(path) === folder) this.#kept.delete(path)
    for (const [path, file] of this.#names) if (dirname(path) === folder) this.#kept.set(path, file)
  }

  #rename(from: string, to: string): boolean {
    if (!from.startsWith(`${this.#dir}/`)) return false
    const file = this.#names.get(from)
    if (file === undefined) {
      this.#moved.push([from, to])
      this.#names = new Map([...this.#names].map(([path, one]) => [moved(path, from, to), one]))
    } else {
      this.#names.delete(from)
      this.#names.set(to, file)
    }
    return true
  }

  #mixed(synced: Buffer, now: Buffer): Buffer {
    const mixed = Buffer.alloc(Math.max(synced.length, now.length))
    synced.copy(mixed)
    for (let at = 0; at < now.length; at += SECTOR)
      if (this.#coin()) now.copy(mixed, at, at, Math.min(at + SECTOR, now.length))
    return mixed
  }

  /** The same in each run. */
  #coin(): boolean {
    this.#chance = (Math.imul(this.#chance, 1_664_525) + 1_013_904_223) >>> 0
    return this.#chance < 2 ** 31
  }
}

function moved(path: string, from: string, to: string): string {
  return path.startsWith(`${from}/`) ? `${to}${path.slice(from.length)}` : path
}

function bytesOf(hex: string): Buffer {
  return Buffer.from(hex.replaceAll('\\x', ''), 'hex')
}
