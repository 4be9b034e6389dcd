// What the app was started with: its directory, its package.json and its command line.

/** The fields of an app's package.json that Electron reads. */
export interface AppPackage {
  readonly name: string
  readonly productName?: string
  readonly version?: string
  readonly main?: string
}

/** The arguments are kept here too, because the app and its preloaded modules may change `process.argv`. */
export const launch: { directory: string; manifest: AppPackage; args: readonly string[] } = {
  directory: process.cwd(),
  manifest: { name: 'electron-app' },
  args: [],
}

/** The value of `--name=value` on the command line, '' for a bare `--name`, undefined if it is absent. */
export function switchValue(name: string): string | undefined {
  const found = launch.args.find((argument) => argument === `--${name}` || argument.startsWith(`--${name}=`))
  return found?.slice(name.length + 3)
}
