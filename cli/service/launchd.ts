import type { DescribedService, ServiceFacts } from './facts.ts';

/** Name of the agent. */
export const LAUNCHD_LABEL = 'io.open-multi-auth.oma';

/** Writes the property list of a user's launchd agent; it is started at login and again whenever it ends badly. */
export function launchdAgent({ node, supervisor, environment, logFile }: ServiceFacts): string {
  const variables = Object.entries(environment).flatMap(([name, value]) => [
    `    <key>${escaped(name)}</key>`,
    `    <string>${escaped(value)}</string>`,
  ]);
  return `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
<dict>
  <key>Label</key>
  <string>${LAUNCHD_LABEL}</string>
  <key>ProgramArguments</key>
  <array>
    <string>${escaped(node)}</string>
    <string>${escaped(supervisor)}</string>
  </array>
  <key>EnvironmentVariables</key>
  <dict>
${variables.join('\n')}
  </dict>
  <key>RunAtLoad</key>
  <true/>
  <key>KeepAlive</key>
  <dict>
    <key>SuccessfulExit</key>
    <false/>
  </dict>
  <key>ThrottleInterval</key>
  <integer>10</integer>
  <key>ProcessType</key>
  <string>Interactive</string>
  <key>Umask</key>
  <integer>63</integer>
  <key>HardResourceLimits</key>
  <dict>
    <key>Core</key>
    <integer>0</integer>
  </dict>
  <key>StandardErrorPath</key>
  <string>${escaped(`${logFile}.launchd`)}</string>
</dict>
</plist>
`;
}

/** Reads what an agent starts; one that was written by hand may say less than one of oma's. */
export function readLaunchdAgent(text: string): DescribedService {
  const [node = null, supervisor = null] = values('string', under('ProgramArguments', 'array', text));
  const variables = under('EnvironmentVariables', 'dict', text);
  const contents = values('string', variables);
  const environment = Object.fromEntries(values('key', variables).map((name, index) => [name, contents[index] ?? '']));
  return { node, supervisor, environment };
}

function under(key: string, kind: 'array' | 'dict', text: string): string {
  return new RegExp(`<key>${key}</key>\\s*<${kind}>(.*?)</${kind}>`, 's').exec(text)?.[1] ?? '';
}

function values(tag: 'key' | 'string', text: string): string[] {
  return [...text.matchAll(new RegExp(`<${tag}>(.*?)</${tag}>`, 'gs'))].map(([, value = '']) =>
    value.replaceAll('&gt;', '>').replaceAll('&lt;', '<').replaceAll('&amp;', '&'),
  );
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
