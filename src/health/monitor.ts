import type { Engine } from '../engines/engine.js';
import type { Clock } from '../clock.js';
import { type HealthQuestions, NoAnswerError, type ProbeRow, answerWithin } from './engine-probe.js';
import { askServers } from '../engines/ask-servers.js';
import { ProbeLoop } from './probe-loop.js';

/** `again`: at once. `soon`: it has not said enough to be believed. `urgent`: there is no master. */
export type Pace = 'again' | 'soon' | 'urgent' | 'calm';

/** Makes something of what engines say. */
export interface Listener {
  heard(engine: Engine, answer: ProbeRow, askedAtMs: number): void;
  notHeard(engine: Engine, error: unknown, askedAtMs: number): void;
  /** How soon to ask again. */
  pace(engine: Engine): Pace;
}

/** What the monitor is put together from. */
export interface MonitorParts {
  readonly questions: Pick<HealthQuestions, 'probe'>;
  readonly intervalMs: number;
  readonly timeoutMs: number;
  readonly clock: Clock;
  /** From 0 up to 1: many processes don't ask at the same time. */
  readonly random: () => number;
}

const IDLE_MS = 5_000;
const IDLE_AFTER_MS = 10_000;
/** While there is no master, all engines are asked for one that was promoted. */
const PAUSE_MS = { again: 0, soon: 20, urgent: 100 } satisfies Record<Exclude<Pace, 'calm'>, number>;
/** A timer that fires so late says that this process was too busy to hear the answer. */
const BUSY_MS = 250;

/** Asks each engine in a loop of its own, so that one which does not answer keeps nobody else waiting; slowly without traffic. */
export class Monitor {
  private readonly loops = new Map<Engine, ProbeLoop>();
  private isAsleep = true;
  private stopped = false;
  private wanted = false;
  private wantedAtMs = -Infinity;

  private listener: Listener | undefined;

  constructor(private readonly parts: MonitorParts) {}

  /** There is one: the judge. */
  listen(listener: Listener): void {
    this.listener = listener;
  }

  add(engine: Engine): void {
    const loop = new ProbeLoop(() => this.round(engine), this.parts.clock);
    this.loops.set(engine, loop);
    if (!this.isAsleep) loop.start();
  }

  remove(engine: Engine): void {
    this.loops.get(engine)?.stop();
    this.loops.delete(engine);
  }

  get isAwake(): boolean {
    return !this.isAsleep;
  }

  /** Somebody is about to use an engine: what is known of them is kept fresh for a while. */
  need(): void {
    this.wanted = true;
    if (this.isAsleep) this.wake();
  }

  /** Resolves when the engine was asked, from here on. */
  async ask(engine: Engine): Promise<void> {
    await this.loops.get(engine)?.now();
  }

  askAll(): void {
    for (const loop of this.loops.values()) void loop.now();
  }

  start(): void {
    this.stopped = false;
  }

  stop(): void {
    this.stopped = true;
    this.isAsleep = true;
    for (const loop of this.loops.values()) loop.stop();
  }

  private wake(): void {
    if (this.stopped) return;
    this.isAsleep = false;
    for (const loop of this.loops.values()) loop.start();
    this.askAll();
  }

  /** Never rejects. Resolves to the time until the next round. */
  private async round(engine: Engine): Promise<number> {
    const { questions, timeoutMs, clock } = this.parts;
    const askedAtMs = clock.nowMs();
    try {
      const answers = await askServers(engine, () =>
        answerWithin(questions.probe(engine, timeoutMs), timeoutMs, clock),
      );
      if (!this.stopped) for (const answer of answers) this.listener?.heard(engine, answer, askedAtMs);
    } catch (error) {
      if (this.stopped) return IDLE_MS; // its connections are being closed
      if (error instanceof NoAnswerError && error.lateMs > BUSY_MS) return 0;
      this.listener?.notHeard(engine, error, askedAtMs);
    }
    return this.pauseMs(engine);
  }

  private pauseMs(engine: Engine): number {
    const { intervalMs, clock, random } = this.parts;
    if (this.wanted) this.wantedAtMs = clock.nowMs();
    this.wanted = false;
    this.isAsleep = clock.nowMs() - this.wantedAtMs > IDLE_AFTER_MS;
    if (this.isAsleep) return IDLE_MS;
    const pace = this.listener?.pace(engine) ?? 'calm';
    if (pace === 'calm') return intervalMs * (0.9 + random() / 5);
    return PAUSE_MS[pace];
  }
}
