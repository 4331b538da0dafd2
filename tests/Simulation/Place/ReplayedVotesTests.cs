using Quorate.Contracts.Placing;
using Quorate.Engine.Place;
using Quorate.Engine.Place.Agreement;
using Quorate.Protocol.Consensus;

namespace Quorate.Tests.Simulation.Place;

public sealed class ReplayedVotesTests
{
    private const int Dead = 2;
    private const int Accomplice = 4;

    [Fact]
    public async Task Crashed_AnotherRepeatsWhatItOnceSigned_IsWithdrawnAllTheSame()
    {
        var (rounds, faults) = (new Changes(), new Repeater());
        var result = await PlacementRuns.RunAsync(faults, 1, observer: rounds);

        Assert.True(faults.Repeated > 100, $"{faults.Repeated} repeated");
        Assert.Contains((PlacementRuns.FiveAgents.Agents[Dead].Name, MembershipChanges.Withdraw), rounds.All);
        Assert.DoesNotContain(rounds.All, c => c.Change == MembershipChanges.Restore);
        Assert.All(result.Jobs, j => Assert.Contains(j.Outcome, new[] { PlacementOutcome.Placed, PlacementOutcome.Failed }));
    }

    private sealed class Changes : IPlacementObserver
    {
        public List<(string Agent, string Change)> All { get; } = [];

        public void On(PlacementProgress progress)
        {
            if (progress is { Round: { } round, Applied: { } applied })
            {
                All.AddRange(round.Record.Changes.Where((_, i) => applied.Outcome.Changes[i]).Select(c => (c.Agent, c.Change)));
            }
        }
    }

    /// <summary>From the fourth round on one is dead, and another sends the last that it signed with everything it says.</summary>
    private sealed class Repeater : IAgentFaults
    {
        private readonly List<byte[]> _kept = [];
        private long _round;

        public int Repeated { get; private set; }

        public IReadOnlyList<InjectedFault> Injected => [];

        public void BeginRound(PlacementRecord record) => _round = record.Round;

        public bool IsDown(int agent, int delivered) => agent == Dead && _round > 3;

        public Ballot? Bend(int agent, PlacementRecord record, Ballot honest) => honest;

        public double SlownessOf(int agent) => 1;

        public IEnumerable<(long DelayMs, byte[] Bytes)> Carry((int Agent, ConsensusContext Context) from, int to, Message message, long linkMs)
        {
            if (from.Agent == Dead && message is Vote)
            {
                _kept.Add(message.Encoded.ToArray());
            }

            var old = from.Agent == Accomplice && _round > 3 ? _kept.TakeLast(8).ToList() : [];
            Repeated += old.Count;
            return [(0, message.Encoded.ToArray()), .. old.Select(o => (0L, o))];
        }
    }
}
