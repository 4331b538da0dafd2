using System.Text;
using Quorate.Protocol.Messaging;

namespace Quorate.Tests.Simulation.Messaging;

/// <summary>
/// Agents that send each other messages through a broker, in virtual time, while until a moment drawn from the seed
/// messages are lost, doubled and reordered and everybody crashes. Then it waits until all is quiet and looks at what
/// is durable.
/// </summary>
internal sealed class MessagingSimulation
{
    private const long QuietBy = 3_600_000;
    private const int MostSteps = 200_000;
    private static readonly string[] Names = ["ann", "bob", "cid", "dan"];

    private readonly Random random;
    private readonly PlantedMistake mistake;
    private readonly Dictionary<string, SimulatedAgent> agents = [];
    private readonly PriorityQueue<Action, (long, long)> events = new();
    private readonly SimulatedBroker broker;
    private readonly long healAt;
    private readonly int crashChance;
    private long order;

    private MessagingSimulation(int seed, PlantedMistake mistake)
    {
        // Seeded, so that a failing run can be repeated.
        random = new Random(seed);
        this.mistake = mistake;
        healAt = random.Next(500, 4_000);
        crashChance = random.Next(0, 40);
        broker = new SimulatedBroker(random);
        foreach (var name in Names)
        {
            agents.Add(name, new SimulatedAgent(name, Options, random.Next()));
        }

        for (var i = 0; i < random.Next(3); i++)
        {
            At(random.Next((int)healAt), CrashBroker);
        }

        foreach (var agent in agents.Values)
        {
            for (var i = 0; i < 8; i++)
            {
                At(random.Next((int)healAt), () => Submit(agent));
            }

            for (var i = 0; i < random.Next(3); i++)
            {
                At(random.Next((int)healAt), () => Crash(agent));
            }
        }
    }

    internal long Now { get; private set; }

    internal int Crashes { get; private set; }

    internal long Repeated => agents.Values.Sum(a => a.Repeated);

    internal int Delivered => agents.Values.Sum(a => a.Log.Effects.Count);

    private static MessagingOptions Options { get; } = new()
    {
        FirstRetry = 40, MaxRetry = 500, MaxAttempts = 1_000, Lifetime = QuietBy * 2, GapTimeout = QuietBy * 2 / 100, InFlight = 8, Window = 16, HeldPerSender = 6,
    };

    /// <summary>Runs one seed; what was wrong, or nothing.</summary>
    internal static (MessagingSimulation Run, IReadOnlyList<string> Violations) Run(int seed, PlantedMistake mistake = PlantedMistake.None)
    {
        var run = new MessagingSimulation(seed, mistake);
        return (run, run.Play());
    }

    private List<string> Play()
    {
        for (var steps = 0; Now < QuietBy && steps < MostSteps; steps++)
        {
            var due = agents.Values.Where(a => a.IsUp).Min(a => a.Messenger?.NextDue(broker.IsUp)) ?? long.MaxValue;
            var next = Math.Max(Now, Math.Min(due, events.TryPeek(out _, out var first) ? first.Item1 : long.MaxValue));
            if (next == long.MaxValue)
            {
                break;
            }

            Now = next;
            while (events.TryPeek(out var action, out var at) && at.Item1 <= Now)
            {
                events.Dequeue();
                action();
            }

            foreach (var agent in agents.Values.Where(a => a.IsUp && a.Messenger!.NextDue(broker.IsUp) <= Now))
            {
                agent.Messenger!.Tick(Now, broker.IsUp);
                Work(agent);
            }
        }

        return [.. MessagingOracle.Check(agents.Values.ToDictionary(a => a.Name, a => a.Log))];
    }

    private bool IsFaulty => Now < healAt;

    private bool Chance(int percent) => random.Next(100) < percent;

    private void At(long at, Action action) => events.Enqueue(action, (at, order++));

    private void Submit(SimulatedAgent agent)
    {
        if (!agent.IsUp)
        {
            // The caller waits until the agent is there.
            At(Now + 50, () => Submit(agent));
            return;
        }

        agent.Messenger!.Send(Draft(agent), Now);
        Work(agent);
    }

    private MessageDraft Draft(SimulatedAgent agent)
    {
        string[] others = [.. Names.Where(n => n != agent.Name)];
        var (ordering, conversation) = (Ordering)random.Next(4) switch
        {
            Ordering.Unordered => (Ordering.Unordered, ""),
            Ordering.Strict => (Ordering.Strict, "strict"),
            Ordering.Causal => (Ordering.Causal, "causal"),
            _ => (Ordering.Partial, "partial"),
        };
        string[] to = ordering is Ordering.Causal or Ordering.Partial || Chance(50) ? others : [others[random.Next(others.Length)]];
        var seen = agent.Seen(conversation);
        var after = ordering == Ordering.Partial ? seen.OrderBy(_ => random.Next()).Take(2).ToArray() : [];
        var payload = Encoding.UTF8.GetBytes(string.Join(' ', (ordering == Ordering.Causal ? seen : after).Select(m => $"{m.Sender}:{m.Sequence}")));
        return mistake == PlantedMistake.OrderIgnored
            ? new MessageDraft(conversation, to, payload, Ordering.Unordered)
            : new MessageDraft(conversation, to, payload, ordering) { After = after };
    }

    private void Work(SimulatedAgent agent)
    {
        var messenger = agent.Messenger!;
        while (messenger.TryNext(out var message))
        {
            var isHandled = !IsFaulty || !Chance(5);
            if (isHandled)
            {
                agent.Fresh.Add(message);
                if (message.Ordering == Ordering.Causal && Chance(20))
                {
                    messenger.Send(Draft(agent), Now);
                }
            }

            messenger.Complete(message, isHandled, null, Now);
        }

        if (mistake == PlantedMistake.ReceiptBeforeCommit)
        {
            Transmit(agent);
        }

        if (IsFaulty && random.Next(1_000) < crashChance)
        {
            Crash(agent);
            return;
        }

        agent.Log.Commit(messenger.Changes, agent.Fresh, mistake);
        agent.Fresh.Clear();
        messenger.Changes.ClearDurable();
        if (IsFaulty && random.Next(1_000) < crashChance)
        {
            Crash(agent);
            return;
        }

        Transmit(agent);
    }

    private void Transmit(SimulatedAgent agent)
    {
        var changes = agent.Messenger!.Changes;
        foreach (var message in changes.Transmissions)
        {
            Send(agent.Name, message.Receiver, a => a.Messenger!.Receive(agent.Name, message, Now));
        }

        foreach (var (to, receipt) in changes.Receipts)
        {
            Send(agent.Name, to, a => a.Messenger!.Receive(agent.Name, receipt, Now));
        }

        changes.ClearOutputs();
    }

    // Through the broker: it may not take it, lose what it took when it crashes, and hand out twice what it kept.
    private void Send(string from, string to, Action<SimulatedAgent> arrive)
    {
        if (!broker.IsUp || (IsFaulty && Chance(broker.LossPercent)))
        {
            return;
        }

        var copies = IsFaulty && Chance(broker.CopyPercent) ? 2 : 1;
        for (var i = 0; i < copies; i++)
        {
            Deliver(agents[to], arrive, broker.Epoch, Now + 1 + random.Next(IsFaulty ? broker.Spread : 3));
        }
    }

    private void Deliver(SimulatedAgent agent, Action<SimulatedAgent> arrive, int epoch, long at) => At(at, () =>
    {
        if (!broker.IsUp || !agent.IsUp)
        {
            // Kept by the broker for an agent that is down; a crash of its own loses some.
            if (!IsFaulty || broker.Epoch == epoch || Chance(50))
            {
                Deliver(agent, arrive, broker.Epoch, Now + 20);
            }

            return;
        }

        arrive(agent);
        Work(agent);
    });

    private void CrashBroker()
    {
        if (broker.IsUp)
        {
            broker.Crash();
            Crashes++;
            At(Now + random.Next(10, 300), () =>
            {
                broker.Start();
                foreach (var agent in agents.Values.Where(a => a.IsUp))
                {
                    agent.Messenger!.Resume(Now);
                }
            });
        }
    }

    private void Crash(SimulatedAgent agent)
    {
        if (agent.IsUp)
        {
            agent.Crash();
            Crashes++;
            At(Now + random.Next(5, 400), () => agent.Start(Now));
        }
    }
}

/// <summary>A broker as far as others notice it.</summary>
internal sealed class SimulatedBroker(Random random)
{
    internal bool IsUp { get; private set; } = true;

    /// <summary>How often it has crashed.</summary>
    internal int Epoch { get; private set; }

    internal int LossPercent { get; } = random.Next(0, 30);

    internal int CopyPercent { get; } = random.Next(0, 30);

    internal int Spread { get; } = random.Next(1, 120);

    internal void Crash()
    {
        IsUp = false;
        Epoch++;
    }

    internal void Start() => IsUp = true;
}

/// <summary>One agent: a messenger that a crash takes, and a log that stays.</summary>
internal sealed class SimulatedAgent
{
    private readonly MessagingOptions options;
    private readonly int seed;
    private long repeated;

    internal SimulatedAgent(string name, MessagingOptions options, int seed)
    {
        (Name, this.options, this.seed) = (name, options, seed);
        Start(0);
    }

    internal string Name { get; }

    internal DurableLog Log { get; } = new();

    internal Messenger? Messenger { get; private set; }

    internal bool IsUp => Messenger is not null;

    /// <summary>Handled, and not yet durable.</summary>
    internal List<AgentMessage> Fresh { get; } = [];

    internal long Repeated => repeated + (Messenger?.Counters.Retransmitted ?? 0);

    internal MessageMark[] Seen(string conversation) =>
        [.. Log.Effects.Concat(Fresh).Where(m => m.Conversation == conversation).Select(m => new MessageMark(m.Sender, m.Sequence))];

    internal void Start(long now)
    {
        Messenger = new Messenger(Name, options, (ulong)seed);
        Messenger.Restore(Log.Read(), now);
    }

    internal void Crash()
    {
        repeated = Repeated;
        Messenger = null;
        Fresh.Clear();
    }
}
