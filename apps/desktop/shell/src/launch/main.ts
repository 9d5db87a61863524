import { runLauncher } from './launcher.ts';

process.exitCode = await runLauncher(process.argv.slice(2));
