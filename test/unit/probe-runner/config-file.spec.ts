import { describe, expect, it } from 'vitest';

import { configToml, modelCatalogue } from '../../../probe-runner/config-file.ts';
import { codexEnvironment } from '../../../probe-runner/deps.ts';

describe('what codex is told', () => {
  it('the backend is the one of the supervisor, for the model and for everything else', () => {
    const toml = configToml({ baseUrl: 'https://chatgpt.com/backend-api', catalogueFile: null });
    expect(toml).toContain('chatgpt_base_url = "https://chatgpt.com/backend-api"\n');
    expect(toml).toContain('base_url = "https://chatgpt.com/backend-api/codex"\n');
  });

  it.each([
    ['http://127.0.0.1:4000/backend-api', 'http://localhost:4000/backend-api'],
    ['http://localhost:4000/backend-api', 'http://127.0.0.1:4000/backend-api'],
    ['http://[::1]:4000/backend-api', 'http://localhost:4000/backend-api'],
    ['http://127.0.0.1/backend-api', 'http://localhost/backend-api'],
  ])(
    'a plain backend on loopback needs a second name, or codex sends the model request elsewhere: %s',
    (baseUrl, other) => {
      const toml = configToml({ baseUrl, catalogueFile: null });
      expect(toml).toContain(`chatgpt_base_url = "${other}"\n`);
      expect(toml).toContain(`base_url = "${baseUrl}/codex"\n`);
    },
  );

  it('nothing is retried, reported, updated, kept in a keyring or searched on the web', () => {
    const toml = configToml({ baseUrl: 'https://chatgpt.com/backend-api', catalogueFile: null });
    for (const line of [
      'request_max_retries = 0',
      'stream_max_retries = 0',
      'supports_websockets = false',
      'cli_auth_credentials_store = "file"',
      'check_for_update_on_startup = false',
      'web_search = "disabled"',
      'metrics_exporter = "none"',
      'hooks = false',
    ])
      expect(toml.split('\n')).toContain(line);
    expect(toml).not.toContain('model_catalog_json');
  });

  it('a path with quotes and backslashes cannot break out of its line', () => {
    const toml = configToml({ baseUrl: 'https://chatgpt.com/backend-api', catalogueFile: '/a"b\\c\nd/models.json' });
    expect(toml.split('\n').find((line) => line.startsWith('model_catalog_json'))).toBe(
      'model_catalog_json = "/a\\"b\\\\c\\nd/models.json"',
    );
  });

  it('the catalogue describes the models asked for, shortly', () => {
    const { models } = JSON.parse(modelCatalogue(['gpt-5.5', 'gpt-5.4'])) as {
      models: { slug: string; base_instructions: string }[];
    };
    expect(models.map(({ slug }) => slug)).toEqual(['gpt-5.5', 'gpt-5.4']);
    expect(models[0]?.base_instructions.length).toBeLessThan(100);
  });
});

describe('what codex sees of the environment', () => {
  it('is where programs are and how the network is reached, and nothing that could make it somebody else', () => {
    const seen = codexEnvironment({
      PATH: '/usr/bin',
      HOME: '/home/ada',
      LANG: 'C.UTF-8',
      HTTPS_PROXY: 'http://proxy:3128',
      CODEX_HOME: '/home/ada/.codex',
      CODEX_API_KEY: 'x',
      CODEX_ACCESS_TOKEN: 'x',
      OPENAI_API_KEY: 'x',
      OPENAI_BASE_URL: 'x',
      OPENCODE_MULTI_AUTH_PASSPHRASE: 'x',
      NODE_OPTIONS: '--inspect',
      NO_PROXY: 'intranet.test',
    });
    const direct = 'intranet.test,localhost,127.0.0.1,::1';
    expect(seen).toEqual({
      PATH: '/usr/bin',
      LANG: 'C.UTF-8',
      HTTPS_PROXY: 'http://proxy:3128',
      NO_PROXY: direct,
      no_proxy: direct,
    });
  });
});
