import type { Command } from 'commander'
export function addEmulator(_program: Command): void {}
