using Quorate.Contracts;
using Quorate.Contracts.Coordination;
using Quorate.Protocol.Hierarchy;
using static Quorate.Tests.Unit.Protocol.Hierarchy.Organisations;

namespace Quorate.Tests.Unit.Protocol.Hierarchy;

public class RestructureTests
{
    [Fact]
    public void Lose_RandomAgents_OnlyTheAffectedChangesUnlessThatLeavesARoleToNobody()
    {
        var scopes = new Dictionary<RestructuringScope, int>();
        for (var seed = 0; seed < 500; seed++)
        {
            var random = new Random(seed);
            var agents = RandomAgents(random, random.Next(2, 12));
            var before = AgentHierarchy.Organise(RandomTask(random, random.Next(1, 25), equalLoads: seed % 2 == 0), agents);
            var lost = agents[random.Next(agents.Length)].Name;
            var after = before.Lose(lost);
            AgentHierarchyTests.AssertSound(after, [lost]);
            var done = after.Result().Restructurings.Single();
            scopes[done.Scope] = scopes.GetValueOrDefault(done.Scope) + 1;
            AssertHonest(before.Result(), after.Result(), done);
            if (done.Scope is RestructuringScope.Nothing or RestructuringScope.Roles)
            {
                Assert.All(done.Changes, c => Assert.Equal(lost, c.From));
            }
        }

        Assert.Equal(4, scopes.Count);
    }

    [Fact]
    public void Lose_SpareAgent_TakesOverAndNothingElseChanges()
    {
        var hierarchy = AgentHierarchy.Organise(
            Task(Job("a", "x", 10), Job("b", "y", 10)),
            [Agent("ann", 1, ("x", 1)), Agent("bob", 1, ("y", 1)), Agent("cat", 1, ("x", 0.2), ("y", 0.2))]).Lose("bob");
        var done = hierarchy.Result().Restructurings.Single();
        Assert.Equal((RestructuringScope.Roles, 1), (done.Scope, done.Kept));
        Assert.Equal(new RoleChange("y/1", "bob", "cat"), Assert.Single(done.Changes));
    }

    [Fact]
    public void Lose_OnlyASwapHelps_WidensToThePeers()
    {
        // Only ann can do y besides bob; cat can take ann's x.
        var hierarchy = AgentHierarchy.Organise(
            Task(Job("a", "x", 10), Job("b", "y", 10)),
            [Agent("ann", 1, ("x", 1), ("y", 0.5)), Agent("bob", 1, ("y", 1)), Agent("cat", 1, ("x", 0.2))]).Lose("bob");
        var done = hierarchy.Result().Restructurings.Single();
        Assert.Equal(RestructuringScope.Group, done.Scope);
        Assert.Equal([new RoleChange("x/1", "ann", "cat"), new RoleChange("y/1", "bob", "ann")], done.Changes);
    }

    [Fact]
    public void Lose_Everyone_EveryRoleWaitsWithItsReason()
    {
        var result = AgentHierarchy.Organise(Task(Job("a", "x", 10)), [Agent("ann", 1, ("x", 1)), Agent("bob", 1, ("x", 1))]).Lose("ann").Lose("bob").Result();
        var role = Assert.Single(result.Roles);
        Assert.Equal((null, RoleFallback.WaitForAgent, "no agent has the skill 'x'"), (role.Agent, role.Fallback, role.Reason));
        Assert.Equal((0, 2), (result.AssignmentEfficiency, result.Restructurings.Count));
        Assert.All(result.Load.Agents, a => Assert.True(a.Lost && a.Used == 0));
    }

    [Fact]
    public void Lose_Coordinator_ParentTakesOverWhenNobodyCanLead()
    {
        AgentProfile Lead(string name) => Agent(name, 1, (RoleTree.Coordination, 1));
        var team = Enumerable.Range(0, 25).Select(i => Agent($"a{i}", 1, ("s", 0.5), (RoleTree.Coordination, 0))).Concat(Enumerable.Range(0, 6).Select(i => Lead($"lead{i}"))).ToList();
        var spare = Enumerable.Range(0, 10).Select(i => Agent($"spare{i}", 1, ("s", 0.1), (RoleTree.Coordination, 0)));
        var before = AgentHierarchy.Organise(Task([.. Enumerable.Range(0, 25).Select(i => Job($"j{i}", "s", 6000))]), [.. team, .. spare]);
        Assert.Equal(3, before.Result().Levels);
        var victim = before.Result().Roles.First(r => r.Kind == RoleKind.Coordinator).Agent!;
        var after = before.Lose(victim).Result();
        Assert.Equal(1, after.AssignmentEfficiency);
        foreach (var lead in team.Select(a => a.Name).Where(n => n.StartsWith("lead", StringComparison.Ordinal) && n != victim && n != after.Roles[0].Agent))
        {
            before = before.Lose(lead);
        }

        var orphan = before.Result().Roles.First(r => r.Kind == RoleKind.Coordinator && r.Agent is null);
        Assert.Equal((RoleFallback.MergeIntoParent, "root"), (orphan.Fallback, orphan.FallbackRole));
    }

    [Fact]
    public void Lose_UnknownOrTwice_Refused()
    {
        var hierarchy = AgentHierarchy.Organise(Task(Job("a", "x", 10)), [Agent("ann", 1, ("x", 1)), Agent("bob", 1)]);
        var unknown = Assert.Throws<QuorateException>(() => hierarchy.Lose("zoe"));
        Assert.Equal("agent_unknown", unknown.Code);
        Assert.Contains("'zoe'; allowed are ann, bob", unknown.Message, StringComparison.Ordinal);
        Assert.Equal("agent_lost", Assert.Throws<QuorateException>(() => hierarchy.Lose("ann").Lose("ann")).Code);
    }

    private static void AssertHonest(OrganiseResult before, OrganiseResult after, Restructuring told)
    {
        var changed = before.Roles.Zip(after.Roles).Where(p => p.First.Agent != p.Second.Agent).Select(p => new RoleChange(p.First.Role, p.First.Agent, p.Second.Agent));
        Assert.Equal(changed, told.Changes);
        Assert.Equal(before.Roles.Count, told.Kept + told.Changes.Count);
        Assert.Equal(before.Roles.Where(r => r.Agent == told.Lost).Select(r => r.Role).Except(told.Changes.Select(c => c.Role)), []);
    }
}
