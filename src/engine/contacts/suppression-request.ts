// What a request to suppress numbers says: the same words for programs and for the pages' forms.
import { z } from 'zod'
import { suppressionReasons, suppressionScopes } from '../../domain/suppression.ts'
import { countrySchema } from '../import/import-request.ts'

const EVIDENCE_MAX = 500

const why = {
  scope: z.enum(suppressionScopes).default('all').describe('all, or marketing only'),
  reason: z.enum(suppressionReasons).exclude(['erased']).default('blocked'),
  evidence: z.string().trim().min(1).max(EVIDENCE_MAX).optional().describe('where it comes from'),
}

export const suppressionSchema = z.strictObject({
  phone: z.string().trim().min(1).max(100).describe('phone with +'),
  ...why,
})

export const suppressionFileSchema = z.strictObject({
  upload: z.string().max(40).describe('id of the uploaded file'),
  ...why,
  defaultCountry: countrySchema.optional().describe('country of numbers without calling code'),
})
