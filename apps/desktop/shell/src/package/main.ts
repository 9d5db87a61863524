import { makePackage } from './package.ts';

process.exitCode = await makePackage();
