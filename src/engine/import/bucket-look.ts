// Which bucket each staged person falls into as things stand, and the first people of every bucket. Goes through them
// in slices, so that nobody else waits. Reads the staging file and the database.
import { countBuckets, type KnownBuckets, type StagedRange, sampleBucket } from '../../store/imports.ts'
import type { Context, OnProgress } from '../context.ts'
import { interrupted, type Samples } from './import-result.ts'

/** People whose bucket is looked up in one read. */
const COUNTED_AT_ONCE = 10_000

export class BucketLook {
  readonly samples: Samples = { added: [], updated: [], unchanged: [], suppressed: [] }
  readonly #ctx: Context
  readonly #listId: number | null
  readonly #sampleSize: number

  constructor(ctx: Context, listId: number | null, sampleSize: number) {
    this.#ctx = ctx
    this.#listId = listId
    this.#sampleSize = sampleSize
  }

  /** Throws AppError interrupted. */
  async run(
    people: number,
    { onProgress, signal }: { onProgress?: OnProgress; signal?: AbortSignal },
  ): Promise<KnownBuckets> {
    const sum: KnownBuckets = { added: 0, updated: 0, unchanged: 0, suppressed: 0 }
    for (let after = 0; after < people; after += COUNTED_AT_ONCE) {
      const range = { after, through: after + COUNTED_AT_ONCE }
      const buckets = await this.#ctx.db.read((tx) => countBuckets(tx, this.#listId, range))
      for (const bucket of Object.keys(sum) as (keyof KnownBuckets)[]) {
        sum[bucket] += buckets[bucket]
        if (buckets[bucket] > 0) await this.#sample(bucket, range)
      }
      onProgress?.({ done: Math.min(people, range.through), total: people, what: 'people compared' })
      await new Promise((resolve) => setImmediate(resolve))
      if (signal?.aborted) throw interrupted()
    }
    return sum
  }

  async #sample(bucket: keyof KnownBuckets, range: StagedRange): Promise<void> {
    const known = this.samples[bucket]
    const limit = this.#sampleSize - known.length
    if (limit > 0)
      known.push(...(await this.#ctx.db.read((tx) => sampleBucket(tx, { listId: this.#listId, range, bucket, limit }))))
  }
}
