using Quorate.Protocol.Consensus.Crypto;

namespace Quorate.Protocol.Consensus.Simulation;

/// <summary>
/// The whole protocol under one seeded scheduler with virtual time: everything a network, a disk, a clock and f
/// liars can do, and every promise of the protocol checked at every step.
/// </summary>
public sealed partial class ConsensusSimulation
{
    private const long RetryAfter = 25_000;
    private const long AttackEvery = 6_000;

    private readonly SimulationOptions options;
    private readonly SimulatedRandom random;
    private readonly FaultPlan plan;
    private readonly EventQueue queue = new();
    private readonly SimulatedNode[] nodes;
    private readonly SimulatedClient[] clients;
    private readonly Monitor monitor;
    private readonly Liars liars;
    private readonly ConsensusContext honest;
    private readonly ulong seed;
    private ulong hash = 0x6A09E667F3BCC908;
    private long now;
    private int events;

    private ConsensusSimulation(ulong seed, SimulationOptions options, SimulatedRandom random, SimulatedKeys keys)
    {
        this.seed = seed;
        this.options = options;
        this.random = random;
        plan = options.Plan ?? FaultPlan.Draw(random, options);
        var (membership, n) = (options.Membership, options.Membership.Replicas);
        var rules = new SimulatedRules();
        var planted = options.Consensus with { Bug = options.Bug };
        ConsensusContext Context(int principal, ConsensusOptions consensus) => new(membership, keys.Directory, keys.Crypto(principal), rules, consensus);
        honest = Context(0, options.Consensus);
        nodes = [.. Enumerable.Range(0, n).Select(i => new SimulatedNode(i, Context(i, planted), plan.Drift.Length > i ? plan.Drift[i] : 0))];
        clients = [.. Enumerable.Range(0, options.Clients).Select(i => new SimulatedClient(n + i, options.Requests, Context(n + i, options.Consensus), random))];
        monitor = new Monitor(honest, plan.Liars);
        liars = new Liars(plan, [.. nodes.Select(node => node.Context)], Context(n + options.Clients, options.Consensus), random, monitor);
    }

    /// <summary>One run. The same seed and options give the same run, event by event.</summary>
    public static SimulationResult Run(ulong seed, SimulationOptions? options = null)
    {
        options ??= new SimulationOptions();
        var numbers = new SimulatedRandom((seed * 0x9E3779B97F4A7C15) + 1);
        using var keys = new SimulatedKeys(options.RealSignatures, options.Membership, options.Clients + 1, numbers);
        return new ConsensusSimulation(seed, options, numbers, keys).Run();
    }

    private SimulationResult Run()
    {
        Prepare();
        while (queue.Count > 0 && monitor.Violations.Count == 0 && !IsFinished())
        {
            var next = queue.Take();
            now = next.At;
            if (++events > options.MaxEvents || now > options.Horizon)
            {
                monitor.Violated($"liveness: {clients.Count(c => c.IsDone)} of {clients.Length} clients done, replicas at {string.Join(' ', nodes.Select(x => x.Machine is { } m ? $"{m.View}{(m.IsActive ? "" : "*")}:{m.Executed}" : "down"))} after {events} events and {now / 1000} ms");
                break;
            }

            Fold(next);
            Handle(next);
        }

        var views = nodes.Where(node => !IsLiar(node.Id)).Max(node => node.Machine?.View ?? 0);
        return new SimulationResult(seed, monitor.Violations, $"{hash:x16}", events, monitor.Decisions, [.. monitor.Accused], now, views);
    }

    private void Prepare()
    {
        foreach (var node in nodes)
        {
            node.Start(0, random);
            Schedule(node);
        }

        foreach (var client in clients)
        {
            queue.Add(random.Below(500), EventKind.Ask, client.Id, client.Id, null);
        }

        foreach (var crash in plan.Crashes)
        {
            queue.Add(crash.At, EventKind.Crash, crash.Replica, crash.Replica, null);
            queue.Add(crash.Back, EventKind.Restart, crash.Replica, crash.Replica, null);
        }

        if (plan.Liars != 0)
        {
            queue.Add(1_000, EventKind.Attack, 0, 0, null);
        }
    }

    private bool IsFinished()
    {
        if (now < plan.HealAt || Array.Exists(clients, client => !client.IsDone))
        {
            return false;
        }

        var least = ulong.MaxValue;
        var most = 0UL;
        foreach (var node in nodes)
        {
            if (!IsLiar(node.Id))
            {
                least = Math.Min(least, node.Machine?.Executed ?? 0);
                most = Math.Max(most, node.Machine?.Executed ?? ulong.MaxValue);
            }
        }

        return least == most;
    }

    private bool IsLiar(int replica) => (plan.Liars >> replica & 1) == 1;

    private void Handle(in SimulatedEvent next)
    {
        switch (next.Kind)
        {
            case EventKind.Deliver:
                Deliver(next);
                break;
            case EventKind.Answer:
                OnAnswer(next);
                break;
            case EventKind.Ask:
                Ask(clients[next.To - nodes.Length], next.Content as Request);
                break;
            case EventKind.Attack:
                liars.Act(Transmit, nodes);
                queue.Add(now + AttackEvery, EventKind.Attack, 0, 0, null);
                break;
            case EventKind.Crash:
                nodes[next.To].CrashIn = random.Below(8);
                break;
            case EventKind.Restart:
                Restart(nodes[next.To]);
                break;
            default:
                Step(next);
                break;
        }
    }

    private void Deliver(in SimulatedEvent next)
    {
        if (IsLiar(next.To) && next.Content is Message message)
        {
            liars.Observe(next.To, next.From, message, Transmit);
        }

        Step(next);
    }

    /// <summary>Anything that a replica's machine gets to see.</summary>
    private void Step(in SimulatedEvent next)
    {
        var node = nodes[next.To];
        if (node.Machine is not { } machine)
        {
            return;
        }

        var local = node.Local(now);
        switch (next.Kind)
        {
            case EventKind.Tick:
                node.TickAt = long.MaxValue;
                machine.Tick(local);
                break;
            case EventKind.Opinion:
                machine.SubmitOpinion((Digest)next.Content!, [(byte)random.Below(3)], local);
                break;
            default:
                if (next.Content is byte[] damaged)
                {
                    machine.Receive(next.From, damaged, local);
                }
                else
                {
                    machine.Receive(next.From, (Message)next.Content!, local);
                }

                break;
        }

        Flush(node, machine);
        Schedule(node);
    }

    private void Restart(SimulatedNode node)
    {
        node.Crash();
        node.Start(now, random);
        options.Trace?.Invoke($"{now / 1000,6} ms  r{node.Id} restarts, executed {node.Machine!.Executed}");
        if (!IsLiar(node.Id))
        {
            monitor.Restarted(node.Id, node.Machine!, node.Application);
        }

        Flush(node, node.Machine!);
        Schedule(node);
    }

    private void Schedule(SimulatedNode node)
    {
        if (node.Machine is not { } machine || machine.Deadline == long.MaxValue)
        {
            return;
        }

        var due = Math.Max(now + 1, node.Global(machine.Deadline));
        if (due < node.TickAt)
        {
            node.TickAt = due;
            queue.Add(due, EventKind.Tick, node.Id, node.Id, null);
        }
    }

    private void Fold(in SimulatedEvent next)
    {
        var (view, sequence, digest) = Summary.Of(next.Content);
        hash = SimulatedApplication.Link(hash, (ulong)next.At);
        hash = SimulatedApplication.Link(hash, ((ulong)next.Kind << 32) | ((ulong)(uint)next.To << 16) | (uint)next.From);
        hash = SimulatedApplication.Link(hash, view);
        hash = SimulatedApplication.Link(hash, sequence);
        hash = SimulatedApplication.Link(hash, options.RealSignatures ? 0 : digest);
        if (options.Trace is { } trace && next.Kind is EventKind.Deliver or EventKind.Answer && !(next.Content is Status or Reply))
        {
            trace($"{now / 1000,6} ms  {Name(next.From)} -> {Name(next.To)}  {Summary.Text(next.Content)}");
        }
    }

    private string Name(int principal) => principal < nodes.Length ? $"r{principal}" : $"c{principal}";
}
