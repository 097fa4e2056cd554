import { setTimeout as sleepMs } from 'node:timers/promises';
import type { ConsistencyClient } from './consistency-driver.js';
import type { Recorder } from './recorder.js';
import type { Subject } from './subject.js';
import type { Step, Workload } from './workload.js';

/** After an error, so that a server that is down is not asked ten thousand times a second. */
const PAUSE_AFTER_ERROR_MS = 50;

/** One client: does what the workload says, one step after the other. */
export class ClientRunner {
  private readonly recorder: Recorder;
  private readonly pauseMs: number;

  constructor(
    private readonly id: number,
    private readonly client: ConsistencyClient,
    private readonly workload: Workload,
    { recorder, pauseMs }: { recorder: Recorder; pauseMs: number },
  ) {
    this.recorder = recorder;
    this.pauseMs = pauseMs;
  }

  async run(goesOn: () => boolean): Promise<void> {
    while (goesOn()) {
      if (this.pauseMs > 0) await sleepMs(this.pauseMs);
      await this.tryStep(this.workload.next(this.id));
    }
  }

  private async tryStep(step: Step): Promise<void> {
    try {
      await this.step(step);
    } catch (cause) {
      this.recorder.failed(step.kind.startsWith('read') ? 'read' : 'write', cause);
      await sleepMs(PAUSE_AFTER_ERROR_MS);
    }
  }

  private step(step: Step): Promise<void> {
    switch (step.kind) {
      case 'write':
        return this.write(step.subject);
      case 'append':
        return this.append(step.subject);
      case 'writeAndRead':
        return this.writeAndRead(step.subject);
      case 'read':
        return this.readEach([step.subject]);
      case 'readList':
        return this.readList(step.subject);
      default:
        return this.readAll(step.subjects);
    }
  }

  private async write(subject: Subject): Promise<void> {
    const begun = this.recorder.beginWrite(this.id, subject, this.workload.value());
    this.recorder.written(begun, await this.client.write(subject.name, begun.value));
  }

  private async append(list: Subject): Promise<void> {
    const begun = this.recorder.beginWrite(this.id, list, this.workload.value());
    const written = await this.client.append(list.name, begun.value);
    this.recorder.written(begun, written);
    if (this.workload.replaceFull(list, written.version)) this.recorder.history.retire(list);
  }

  private async writeAndRead(register: Subject): Promise<void> {
    if (!this.client.writeAndRead) return this.write(register);
    const begun = this.recorder.beginWrite(this.id, register, this.workload.value());
    const { written, reading } = await this.client.writeAndRead(register.name, begun.value);
    this.recorder.written(begun, written);
    this.recorder.readRegisters(this.id, begun.startedAtMs, [register], [reading]);
  }

  private async readEach(registers: readonly Subject[]): Promise<void> {
    for (const register of registers) {
      const startedAtMs = this.recorder.nowMs();
      const answer = await this.client.read(register.name);
      this.recorder.readRegisters(this.id, startedAtMs, [register], [answer]);
    }
  }

  private async readAll(registers: readonly Subject[]): Promise<void> {
    if (!this.client.readAll) return this.readEach(registers);
    const startedAtMs = this.recorder.nowMs();
    const answers = await this.client.readAll(registers.map(({ name }) => name));
    this.recorder.readRegisters(this.id, startedAtMs, registers, answers);
  }

  private async readList(list: Subject): Promise<void> {
    const startedAtMs = this.recorder.nowMs();
    this.recorder.readList(this.id, startedAtMs, list, await this.client.readList(list.name));
  }
}
