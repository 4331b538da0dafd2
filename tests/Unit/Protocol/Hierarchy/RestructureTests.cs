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

        Assert.Superset(new HashSet<RestructuringScope> { RestructuringScope.Nothing, RestructuringScope.Roles, RestructuringScope.Group }, scopes.Keys.ToHashSet());
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
            [Agent("ann", 1, ("x", 1), ("y", 0.5)), Agent("bob", 1, ("y", 1)), Agent("cat", 1, ("x", 0.9))]).Lose("bob");
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
        var before = AgentHierarchy.Organise(Task([.. Chains(25, "s")]), [.. Team(25, "s", 0.5), .. Leads(6), .. Team(10, "s", 0.1)]);
        Assert.Equal(3, before.Result().Levels);
        var after = before.Lose(before.Result().Roles.First(r => r.Kind == RoleKind.Coordinator).Agent!);
        Assert.Equal((1, RestructuringScope.Roles), (after.Result().AssignmentEfficiency, after.Result().Restructurings.Single().Scope));
        foreach (var lead in Leads(6).Select(l => l.Name).Except([after.Result().Roles[0].Agent!, .. after.Result().Restructurings.Select(r => r.Lost)]))
        {
            after = after.Lose(lead);
        }

        var orphan = after.Result().Roles.First(r => r.Kind == RoleKind.Coordinator && r.Agent is null);
        Assert.Equal((RoleFallback.MergeIntoParent, "root"), (orphan.Fallback, orphan.FallbackRole));
    }

    [Fact]
    public void Lose_HelpIsInAnotherGroup_WidensToAllAndChangesTwoRoles()
    {
        // The five b lanes have a coordinator of their own; only 'both', who does an a lane, can replace one of their agents, and only 'spare' can replace 'both'.
        AgentProfile[] agents = [.. Team(19, "a", 0.9), Worker("both", ("a", 0.9), ("b", 0.9)), .. Team(5, "b", 1), Worker("spare", ("a", 0.8)), .. Leads(6)];
        var before = AgentHierarchy.Organise(Task([.. Chains(20, "a"), .. Chains(5, "b")]), agents);
        Assert.Equal(3, before.Result().Levels);
        var done = before.Lose("b0-1").Result().Restructurings.Single();
        Assert.Equal((RestructuringScope.All, 2), (done.Scope, done.Changes.Count));
        Assert.Contains(done.Changes, c => c is { From: "b0-1", To: "both" });
        Assert.Contains(done.Changes, c => c is { From: "both", To: "spare" });
    }

    [Fact]
    public void Lose_RoomOnlyAfterAMove_MovesTheLighterRole()
    {
        // gus has half of his capacity left and ada, too: the light role has to go to ada before gus can take the heavy one.
        var hierarchy = AgentHierarchy.Organise(
            Task(Job("heavy", "train", 100), Job("light", "report", 90) with { Load = 0.5 }, Job("other", "lead", 10) with { Load = 0.5 }),
            [Agent("eli", 1, ("train", 1)), Agent("gus", 1, ("train", 0.5), ("report", 1)), Agent("ada", 1, ("lead", 1), ("report", 0.9))]).Lose("eli");
        Assert.Equal([("heavy", "gus"), ("light", "ada"), ("other", "ada")], hierarchy.Result().Roles.Select(r => (r.Jobs[0], r.Agent)).Order());
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

    /// <summary>Never leads.</summary>
    private static AgentProfile Worker(string name, params (string, double)[] skills) => Agent(name, 1, [.. skills, (RoleTree.Coordination, 0)]);

    private static IEnumerable<AgentProfile> Team(int count, string skill, double value) => Enumerable.Range(0, count).Select(i => Worker($"{skill}{(int)(value * 10) % 10}-{i}", (skill, value)));

    private static IEnumerable<AgentProfile> Leads(int count) => Enumerable.Range(0, count).Select(i => Agent($"lead{i}", 1, (RoleTree.Coordination, 1)));

    private static void AssertHonest(OrganiseResult before, OrganiseResult after, Restructuring told)
    {
        var changed = before.Roles.Zip(after.Roles).Where(p => p.First.Agent != p.Second.Agent).Select(p => new RoleChange(p.First.Role, p.First.Agent, p.Second.Agent));
        Assert.Equal(changed, told.Changes);
        Assert.Equal(before.Roles.Count, told.Kept + told.Changes.Count);
        Assert.Equal(before.Roles.Where(r => r.Agent == told.Lost).Select(r => r.Role).Except(told.Changes.Select(c => c.Role)), []);
    }
}
