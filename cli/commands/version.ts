import { command } from '../command.ts';

/** Says which oma this is. */
export const version = command({
  name: 'version',
  summary: 'Says which version of oma this is.',
  flags: {},
  run: ({ build, nodeVersion }) => {
    const json = { version: build.version, buildId: build.buildId, node: nodeVersion };
    return Promise.resolve({ json, text: `oma ${build.version} (build ${build.buildId}, Node ${nodeVersion})` });
  },
});
