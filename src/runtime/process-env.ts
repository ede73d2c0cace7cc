// The environment of this process, in the one place that may look at it.

export function processEnv(): Record<string, string | undefined> {
  return process.env
}
