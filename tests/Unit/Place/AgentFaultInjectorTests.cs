using Quorate.Contracts.Placing;
using Quorate.Engine.Place.Agreement;
using Quorate.Faults.Agents;

namespace Quorate.Tests.Unit.Place;

public class AgentFaultInjectorTests
{
    [Theory]
    [InlineData(2, 1)]
    [InlineData(3, 2)]
    public void Forgery_OfAFewAgents_NeedsAVictimBesideTheLiarAndWhoHears(int agents, int told)
    {
        var cluster = Records.Cluster with { Agents = [.. Records.Cluster.Agents.Take(agents)] };
        var faults = new AgentFaultInjector(new AgentFaultPlan { Schedule = [new("a", AgentFaultKinds.ForgedSignature, 1, 1)] }, cluster, seed: 1);
        using var contexts = Records.Contexts();
        var record = Records.After(new PlacementState(Records.Cluster, Records.Run), Records.Proposal("j", "a", [0]));
        var own = Records.Sign(contexts, Records.Ask(contexts, record).Digest(contexts.Client.Crypto), 0, Records.Ballot(AgentVote.Accept).ToBytes());
        faults.BeginRound(record);

        var said = faults.Tell((0, contexts.Members[0]), 1, own).ToList();

        Assert.Equal(told, said.Count);
        Assert.Equal(own.Encoded.ToArray(), said[^1]);
    }
}
