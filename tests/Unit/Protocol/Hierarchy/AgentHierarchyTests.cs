using Quorate.Contracts;
using Quorate.Contracts.Coordination;
using Quorate.Protocol.Hierarchy;
using static Quorate.Tests.Unit.Protocol.Hierarchy.Organisations;

namespace Quorate.Tests.Unit.Protocol.Hierarchy;

public class AgentHierarchyTests
{
    [Fact]
    public void Organise_RandomTasks_RespectCapacitiesAndSkillsAndNeverWorseThanGreedy()
    {
        var better = 0;
        for (var seed = 0; seed < 500; seed++)
        {
            var random = new Random(seed);
            var agents = RandomAgents(random, random.Next(1, 9));
            var hierarchy = AgentHierarchy.Organise(RandomTask(random, random.Next(1, 25), equalLoads: seed % 2 == 0), agents);
            AssertSound(hierarchy, []);
            var comparison = hierarchy.Result().Comparison;
            Assert.True(comparison.OptimalValue >= comparison.GreedyValue - 1e-9, $"seed {seed}");
            better += comparison.Gain > 1e-9 ? 1 : 0;
        }

        // Else the comparison would show nothing.
        Assert.True(better > 50, $"{better} of 500");
    }

    [Fact]
    public void Organise_EqualLoads_WorthWhatEveryWayTriedFinds()
    {
        for (var seed = 0; seed < 300; seed++)
        {
            var random = new Random(seed);
            var agents = RandomAgents(random, 3).Select(a => a with { Capacity = random.Next(1, 3) }).ToArray();
            Role[] roles = [.. Enumerable.Range(0, random.Next(1, 7)).Select(i => new Role
            {
                Name = $"r{i}", Kind = RoleKind.Worker, Level = 1, Parent = -1, Skill = $"s{random.Next(3)}",
                Criticality = random.Next(1, 11) / 10.0, Complexity = random.NextDouble(), Load = 1,
            })];
            var (best, _) = Staffing.Assign(roles, agents, [.. agents.Select(a => a.Capacity)]);
            Assert.Equal(Try(roles, agents, 0, [.. agents.Select(a => a.Capacity)]), best.Value, 9);
        }
    }

    [Fact]
    public void Organise_SameInput_SameResult()
    {
        string Once() => QuorateJson.Serialize(AgentHierarchy.Organise(RandomTask(new Random(5), 20, equalLoads: false), RandomAgents(new Random(6), 6)).Lose("a2").Result());
        Assert.Equal(Once(), Once());
    }

    [Fact]
    public void Organise_GreedyWouldSpendTheGeneralist_OptimalFillsBothRoles()
    {
        var result = AgentHierarchy.Organise(
            Task(Job("load", "etl", 100), Job("fit", "ml", 90)),
            [Agent("both", 1, ("etl", 1), ("ml", 0.9)), Agent("etl-only", 1, ("etl", 0.9))]).Result();
        Assert.Equal(["etl-only", "both"], result.Roles.Where(r => r.Kind == RoleKind.Worker).OrderBy(r => r.Skill).Select(r => r.Agent));
        Assert.Equal((2, 1), (result.Comparison.OptimalAssigned, result.Comparison.GreedyAssigned));
        Assert.Equal(1, result.AssignmentEfficiency);
    }

    [Fact]
    public void Organise_FewWorkers_Peers_ManyWorkers_TiersOfCoordinators()
    {
        OrganiseResult Of(int workers) => AgentHierarchy.Organise(
            Task([.. Chains(workers, "s")]),
            [.. Enumerable.Range(0, 2 * workers).Select(i => Agent($"a{i}", 1, ("s", 0.5)))]).Result();
        var few = Of(3);
        Assert.Equal((1, "peers"), (few.Levels, few.Protocol.Pattern));
        var many = Of(40);
        Assert.True(many.Levels >= 3);
        Assert.Equal("tree", many.Protocol.Pattern);
        Assert.All(many.Roles.Where(r => r.Kind == RoleKind.Coordinator), c => Assert.InRange(many.Roles.Count(r => r.ReportsTo == c.Role), 1, 5));
        Assert.Single(many.Roles, r => r.ReportsTo is null);
        Assert.All(many.Structure.Candidates, c => Assert.True(c.TotalS >= many.Structure.Candidates.Single(x => x.Chosen).TotalS));
        Assert.Equal(2 * (many.Roles.Count - 1), many.Protocol.Links.Count);
    }

    [Fact]
    public void Organise_NoPlaceForACoordinator_PeersAlthoughATreeWouldCoordinateBetter()
    {
        var task = Task([.. Enumerable.Range(0, 20).Select(i => Job($"j{i}", "s", 600))]);
        AgentProfile[] Team(int count) => [.. Enumerable.Range(0, count).Select(i => Agent($"a{i}", 1, ("s", 0.5)))];
        Assert.Equal(1, AgentHierarchy.Organise(task, Team(20)).Result().Levels);
        Assert.True(AgentHierarchy.Organise(task, Team(40)).Result().Levels > 1);
    }

    [Fact]
    public void Organise_UnassignedRoles_ReasonSaysWhatIsMissing()
    {
        var result = AgentHierarchy.Organise(
            Task(Job("a", "etl", 10), Job("b", "etl", 10), Job("c", "ml", 10), Job("d", "big", 10) with { Load = 3 }),
            [Agent("one", 1, ("etl", 1)), Agent("two", 1, ("big", 1))]).Result();
        var (second, ml, big) = (result.Roles.Single(r => r.Skill == "etl" && r.Agent is null), result.Roles.Single(r => r.Skill == "ml"), result.Roles.Single(r => r.Skill == "big"));
        Assert.Equal((RoleFallback.Queue, result.Roles.Single(r => r.Agent == "one").Role), (second.Fallback, second.FallbackRole));
        Assert.Contains("needs 1, the most that one has free is 0, 1 is missing", second.Reason, StringComparison.Ordinal);
        Assert.Equal((RoleFallback.WaitForAgent, "no agent has the skill 'ml'"), (ml.Fallback, ml.Reason));
        Assert.Equal(RoleFallback.WaitForAgent, big.Fallback);
        Assert.Contains("has 1, 2 is missing", big.Reason, StringComparison.Ordinal);
        Assert.Null(result.ExpectedPerformance.MakespanS);
        Assert.Equal(["c", "d"], result.ExpectedPerformance.JobsWithoutAgent.Order());
        Assert.Equal(0.25, result.AssignmentEfficiency);
    }

    [Fact]
    public void Organise_KnownHistory_MakespanAndSuccessFollowFromIt()
    {
        // Beta(1 + 7, 1 + 1): 8 of 10.
        var agents = new[] { Agent("a", 1, ("s", 1)) with { History = History(7, 1) } };
        var task = Task(Job("one", "s", 80), Job("two", "s", 40, "one")) with { Requirements = new OrganiseRequirements { DeadlineS = 149 } };
        var expected = AgentHierarchy.Organise(task, agents).Result().ExpectedPerformance;
        Assert.Equal(150, expected.MakespanS!.Value - expected.CoordinationS, 9);
        Assert.Equal(0.64, expected.SuccessProbability, 9);
        Assert.False(expected.DeadlineMet);
    }

    [Fact]
    public void Organise_QueuedRole_TakesItsTurnInTheMakespan()
    {
        var expected = AgentHierarchy.Organise(Task(Job("one", "s", 100), Job("two", "s", 100)), [Agent("a", 1, ("s", 1)) with { History = History(0, 0) }]).Result().ExpectedPerformance;
        Assert.Equal(400, expected.MakespanS!.Value - expected.CoordinationS, 9);
    }

    [Fact]
    public void Organise_LoadOnOneOfTwo_GiniAndVariationSaySo()
    {
        var load = AgentHierarchy.Organise(Task(Job("one", "s", 1)), [Agent("a", 1, ("s", 1)), Agent("b", 1)]).Result().Load;
        Assert.Equal((0.5, 1), (load.Gini, load.Variation));
        Assert.Equal((1, 0), (load.Agents[0].Utilisation, load.Agents[1].Utilisation));
    }

    [Fact]
    public void Organise_NoAgentOrTheSameTwice_Refused()
    {
        var task = Task(Job("one", "s", 1));
        Assert.Equal("agents_invalid", Assert.Throws<QuorateException>(() => AgentHierarchy.Organise(task, [])).Code);
        var twice = Assert.Throws<QuorateException>(() => AgentHierarchy.Organise(task, [Agent("a", 1), Agent("a", 2)]));
        Assert.Contains("'a' is there twice", twice.Message, StringComparison.Ordinal);
        Assert.Equal("agents_invalid", Assert.Throws<QuorateException>(() => AgentHierarchy.Organise(task, [Agent("a", double.NaN)])).Code);
        Assert.Equal("agents_invalid", Assert.Throws<QuorateException>(() => AgentHierarchy.Organise(task, [Agent("a", 1, ("s", double.NaN))])).Code);
    }

    [Fact]
    public void Organise_LargestAllowed_Works()
    {
        var random = new Random(1);
        var hierarchy = AgentHierarchy.Organise(
            Task([.. Enumerable.Range(0, OrganiseTask.MaxJobs).Select(i => Job($"j{i}", $"s{i % 7}", 10 + (i % 90)))]),
            [.. Enumerable.Range(0, AgentsFile.MaxAgents).Select(i => Agent($"a{i}", 1 + (i % 3), ($"s{random.Next(7)}", random.NextDouble()), ($"s{7}", 1)))]);
        AssertSound(hierarchy, []);
        Assert.True(hierarchy.Result().AssignmentEfficiency > 0.9);
    }

    /// <summary>Every job has one worker, capacities hold, nobody does what it can't, the lost do nothing.</summary>
    internal static void AssertSound(AgentHierarchy hierarchy, IReadOnlyCollection<string> lost)
    {
        var result = hierarchy.Result();
        Assert.Equal(hierarchy.Graph.Jobs.Select(j => j.Name).Order(), result.Roles.SelectMany(r => r.Jobs).Order());
        Assert.All(result.Load.Agents, a => Assert.True(a.Used <= a.Capacity + 1e-9, $"{a.Agent} has {a.Used} of {a.Capacity}"));
        Assert.All(result.Roles, r =>
        {
            Assert.DoesNotContain(r.Agent ?? "", lost);
            Assert.Equal(r.Agent is null, r.Fallback is not null && r.Reason is not null && r.Confidence == 0);
            Assert.True(r.Agent is null || r.Confidence is > 0 and <= 1);
            Assert.True(r.Criticality is > 0 and <= 1 && r.Complexity is >= 0 and <= 1);
        });
        Assert.InRange(result.Load.Gini, 0, 1);
        Assert.InRange(result.ExpectedPerformance.SuccessProbability, 0, 1);
        Assert.True(result.ExpectedPerformance.MakespanS is null || result.ExpectedPerformance.MakespanS >= result.Complexity.CriticalPathS);
    }

    private static double Try(Role[] roles, AgentProfile[] agents, int role, double[] free)
    {
        if (role == roles.Length)
        {
            return 0;
        }

        var best = Try(roles, agents, role + 1, free);
        for (var agent = 0; agent < agents.Length; agent++)
        {
            if (free[agent] >= 1 && Suitability.Of(agents[agent], roles[role].Skill) is var suits and > 0)
            {
                free[agent]--;
                best = Math.Max(best, (roles[role].Criticality * suits) + Try(roles, agents, role + 1, free));
                free[agent]++;
            }
        }

        return best;
    }
}
