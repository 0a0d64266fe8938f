/**
 * Tasks: simulated threads that run, and sleep until something wakes them.
 *
 * A task is a generator. It yields `sleepNs(n)`-style waits to the scheduler, and plain function
 * calls do all the work between two waits, so a generator object is made per sleep and never per
 * page. A task that is woken runs at the current nanosecond, in the order of the wake-ups.
 */

import type { EventQueue } from './events.ts';

/** A task's body. Each `yield` gives up the processor until the task is woken. */
export type TaskBody = Generator<void, void, void>;
/** A part of a body that may sleep, called with `yield*`. */
export type Sleeping<T> = Generator<void, T, void>;

const State = { runnable: 0, running: 1, sleeping: 2, done: 3 } as const;

export class Task {
  readonly id: number;
  readonly name: string;
  /** What it sleeps on, for messages; empty while it runs. */
  waitingFor = '';
  state: number = State.runnable;
  /** Woken early (rather than timed out) in its last timed sleep. */
  wasWoken = false;
  /** Settings of the sleep timer so far; an old timer event is recognised by it. */
  sleepGeneration = 0;
  body: TaskBody;

  constructor(id: number, name: string, body: TaskBody) {
    this.id = id;
    this.name = name;
    this.body = body;
  }

  get isDone(): boolean {
    return this.state === State.done;
  }
}

/** Decides between tasks that could run, to explore schedules; without one, first come first run. */
export interface SchedulePolicy {
  /** Which of `count` >= 2 runnable tasks runs next, 0..count-1 in the order of their wake-ups. */
  choose(count: number): number;
  /** How long a sleep of `ns` really lasts, ns; never less than 0. */
  delayNs(ns: number): number;
}

/** Runs tasks on an event queue, one at a time. */
export class TaskScheduler {
  readonly events: EventQueue;
  readonly tasks: Task[] = [];
  policy: SchedulePolicy | undefined;
  readonly #runnable: Task[] = [];
  #current: Task | undefined;
  readonly #resume: number;
  readonly #timeout: number;
  readonly #timeoutTasks: Task[] = [];
  readonly #timeoutGenerations: number[] = [];
  readonly #freeTimeouts: number[] = [];

  constructor(events: EventQueue) {
    this.events = events;
    this.#resume = events.register(() => this.#runNext());
    this.#timeout = events.register((slot) => {
      const task = this.#timeoutTasks[slot];
      this.#freeTimeouts.push(slot);
      if (task.sleepGeneration === this.#timeoutGenerations[slot]) this.#timedOut(task);
    });
  }

  /** The task that is running; only within a task's body. */
  get current(): Task {
    if (this.#current === undefined) throw new Error('no task is running');
    return this.#current;
  }

  /** The same, or undefined outside every task. */
  get currentOrNone(): Task | undefined {
    return this.#current;
  }

  /** Starts a task at the current time, after what is already runnable. */
  spawn(name: string, body: (task: Task) => TaskBody): Task {
    const id = this.tasks.length;
    // The body wants its task and the task its body; the task comes first.
    const task = new Task(id, name, undefined as unknown as TaskBody);
    task.body = body(task);
    this.tasks.push(task);
    this.#makeRunnable(task);
    return task;
  }

  /** Sleeps until woken. */
  *sleep(waitingFor: string): Sleeping<void> {
    this.fallAsleep(waitingFor);
    yield;
  }

  /** The running task is asleep once it yields: for callers that save a generator by yielding themselves. */
  fallAsleep(waitingFor: string): Task {
    const task = this.current;
    task.state = State.sleeping;
    task.waitingFor = waitingFor;
    return task;
  }

  /** Sleeps `ns`, or less when woken. Returns true when it was woken before the time was up. */
  *sleepNs(ns: number, waitingFor: string): Sleeping<boolean> {
    const task = this.fallAsleepNs(ns, waitingFor);
    yield;
    return task.wasWoken;
  }

  /** The same with a time-out; the task's `wasWoken` says afterwards how it ended. */
  fallAsleepNs(ns: number, waitingFor: string): Task {
    const task = this.fallAsleep(waitingFor);
    const slot = this.#freeTimeouts.pop() ?? this.#timeoutTasks.length;
    this.#timeoutTasks[slot] = task;
    this.#timeoutGenerations[slot] = ++task.sleepGeneration;
    const lasts = this.policy === undefined ? ns : this.policy.delayNs(ns);
    this.events.schedule(this.events.nowNs + Math.max(0, Math.round(lasts)), this.#timeout, slot);
    task.wasWoken = false;
    return task;
  }

  /** With nothing else due now, the task runs at once: what its own event would come to. */
  #timedOut(task: Task): void {
    const isNext = this.#runnable.length === 0 && this.events.nextEventNs() > this.events.nowNs;
    if (task.state !== State.sleeping || !isNext) {
      this.#wake(task, false);
      return;
    }
    task.wasWoken = false;
    task.sleepGeneration++;
    this.#run(task);
  }

  /** Wakes a sleeping task; without effect on any other. */
  wake(task: Task): void {
    this.#wake(task, true);
  }

  #wake(task: Task, early: boolean): void {
    if (task.state !== State.sleeping) return;
    task.wasWoken = early;
    task.sleepGeneration++;
    this.#makeRunnable(task);
  }

  /** Every runnable task has one event of its own; which of them it runs is the policy's choice. */
  #makeRunnable(task: Task): void {
    task.state = State.runnable;
    this.#runnable.push(task);
    this.events.schedule(this.events.nowNs, this.#resume, 0);
  }

  #runNext(): void {
    const count = this.#runnable.length;
    const at = count > 1 && this.policy !== undefined ? this.policy.choose(count) : 0;
    this.#run(at === 0 ? (this.#runnable.shift() as Task) : this.#runnable.splice(at, 1)[0]);
  }

  #run(task: Task): void {
    this.#current = task;
    task.state = State.running;
    task.waitingFor = '';
    const result = task.body.next();
    this.#current = undefined;
    if (result.done === true) task.state = State.done;
    else if (task.state === State.running) {
      throw new Error(`task ${task.name} yielded without sleeping`);
    }
  }
}

/** Tasks waiting for one thing, woken in the order in which they came. */
export class WaitQueue {
  readonly #scheduler: TaskScheduler;
  readonly #name: string;
  readonly #waiting: Task[] = [];

  constructor(scheduler: TaskScheduler, name: string) {
    this.#scheduler = scheduler;
    this.#name = name;
  }

  get length(): number {
    return this.#waiting.length;
  }

  /** Sleeps until woken through this queue. */
  *wait(): Sleeping<void> {
    const task = this.#scheduler.fallAsleep(this.#name);
    this.#waiting.push(task);
    yield;
    this.#forget(task);
  }

  /** Sleeps until woken or until `ns` have passed; true when woken. */
  *waitNs(ns: number): Sleeping<boolean> {
    const task = this.#scheduler.fallAsleepNs(ns, this.#name);
    this.#waiting.push(task);
    yield;
    this.#forget(task);
    return task.wasWoken;
  }

  wakeOne(): void {
    const task = this.#waiting.shift();
    if (task !== undefined) this.#scheduler.wake(task);
  }

  wakeAll(): void {
    for (const task of this.#waiting.splice(0)) this.#scheduler.wake(task);
  }

  #forget(task: Task): void {
    const at = this.#waiting.indexOf(task);
    if (at >= 0) this.#waiting.splice(at, 1);
  }
}
