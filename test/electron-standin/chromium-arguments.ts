// The command line of the stand-in's Chromium: no first-run pages, no calls home, no throttling of hidden windows.

const quiet = [
  '--no-first-run',
  '--no-default-browser-check',
  '--no-service-autorun',
  '--no-pings',
  '--disable-background-networking',
  '--disable-breakpad',
  '--disable-client-side-phishing-detection',
  '--disable-component-extensions-with-background-pages',
  '--disable-component-update',
  '--disable-default-apps',
  '--disable-domain-reliability',
  '--disable-extensions',
  '--disable-field-trial-config',
  '--disable-infobars',
  '--disable-search-engine-choice-screen',
  '--disable-sync',
  '--disable-updater-scheduler',
  '--metrics-recording-only',
  '--password-store=basic',
  '--use-mock-keychain',
]
const steady = [
  '--allow-file-access-from-files',
  '--disable-backgrounding-occluded-windows',
  '--disable-dev-shm-usage',
  '--disable-hang-monitor',
  '--disable-renderer-backgrounding',
]
/** Every name but this machine's leads to a closed port on it: whatever still wants to call home never leaves. */
const onlyThisMachine = '--host-resolver-rules=MAP * 127.0.0.1:1, EXCLUDE localhost, EXCLUDE 127.0.0.1, EXCLUDE [::1]'

const featuresOff = new Set([
  'AimEnabled',
  'HttpsUpgrades',
  'MediaRouter',
  'NetworkTimeServiceQuerying',
  'OptimizationHints',
  'PreconnectToSearch',
  'Translate',
])
const featuresOn = new Set(['SkipListAccountsWithoutGaiaCookies'])
const appended: string[] = []

/** What `app.commandLine.appendSwitch` adds. Features are gathered, because Chromium heeds only the last list. */
export function appendSwitch(name: string, value = ''): void {
  const gathered = { 'disable-features': featuresOff, 'enable-features': featuresOn }[name]
  if (gathered) for (const feature of value.split(',')) gathered.add(feature)
  else appendArgument(value === '' ? `--${name}` : `--${name}=${value}`)
}

export function appendArgument(argument: string): void {
  appended.push(argument)
}

export function chromiumArguments(profile: string, own: readonly string[]): string[] {
  const isRoot = process.getuid?.() === 0
  return [
    `--user-data-dir=${profile}`,
    ...quiet,
    ...steady,
    onlyThisMachine,
    `--disable-features=${[...featuresOff].join(',')}`,
    `--enable-features=${[...featuresOn].join(',')}`,
    ...(isRoot ? ['--no-sandbox', '--test-type'] : []),
    ...appended,
    ...own,
  ]
}
