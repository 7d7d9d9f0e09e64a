import { describe, expect, it } from 'vitest';
import { parseCommand } from './cli.ts';
import { ConfigError } from './config.ts';
import { loadConfig } from './load-config.ts';

describe('parseCommand', () => {
  it.each([[[]], [['serve']]])('serves on %j', (argv) => {
    expect(parseCommand(argv)).toEqual({ kind: 'serve', configPath: null, flags: [] });
  });

  it('turns flags into settings that the configuration knows', () => {
    const command = parseCommand(
      'serve --config-path a.yaml --host ::1 --port 1 --storage-path d --log-level warn --engine wasm --threads 2'.split(
        ' ',
      ),
    );
    if (command.kind !== 'serve') throw new Error('not a serve command');
    expect(command.configPath).toBe('a.yaml');
    const { config } = loadConfig({ file: null, env: {}, flags: command.flags });
    expect(config.service).toMatchObject({ host: '::1', httpPort: 1 });
    expect(config.storage.path).toBe('d');
    expect(config.log.level).toBe('warn');
    expect(config.engine).toMatchObject({ core: 'wasm', threads: 2 });
  });

  it.each([['--help'], ['-h'], ['help']])('prints help on %s', (flag) => {
    expect(parseCommand([flag])).toMatchObject({
      kind: 'print',
      text: expect.stringContaining('--config-path'),
    });
  });

  it.each([['--version'], ['-V']])('prints the version on %s', (flag) => {
    expect(parseCommand(['serve', flag])).toMatchObject({
      text: expect.stringMatching(/^sextant \d+\.\d+\.\d+\n$/),
    });
  });

  it.each<[string[], RegExp]>([
    [['--prot', '1'], /unknown option --prot, the nearest known one is --port/],
    [['fly'], /unknown command "fly"/],
    [['serve', 'now'], /unknown command "serve now"/],
    [['--port'], /--port/],
  ])('refuses %j', (argv, message) => {
    expect(() => parseCommand(argv)).toThrow(ConfigError);
    expect(() => parseCommand(argv)).toThrow(message);
  });
});
