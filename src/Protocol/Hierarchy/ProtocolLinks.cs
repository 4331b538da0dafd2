using Quorate.Contracts.Coordination;

namespace Quorate.Protocol.Hierarchy;

/// <summary>
/// Who sends what to whom. In a tree orders go down and reports up, one tier at a time. Among peers the worker of a job tells the workers
/// of the jobs that wait for it. Data goes from worker to worker in either.
/// </summary>
public static class ProtocolLinks
{
    private static readonly string[] Orders = ["assign", "cancel"];
    private static readonly string[] Reports = ["accept", "progress", "done", "failed"];
    private static readonly string[] Handovers = ["done", "failed"];
    private static readonly string[] Receipts = ["accept"];

    public static CoordinationProtocol Of(JobGraph graph, IReadOnlyList<Role> roles) =>
        roles[0].Kind == RoleKind.Root ? new("tree", Tree(roles)) : new("peers", Peers(graph, roles));

    private static List<CoordinationLink> Tree(IReadOnlyList<Role> roles) =>
        [.. roles.Where(r => r.Parent != LinearAssignment.None).SelectMany(r => new[]
        {
            new CoordinationLink(roles[r.Parent].Name, r.Name, Orders),
            new CoordinationLink(r.Name, roles[r.Parent].Name, Reports),
        })];

    private static List<CoordinationLink> Peers(JobGraph graph, IReadOnlyList<Role> roles)
    {
        var roleOf = new Role[graph.Jobs.Count];
        foreach (var role in roles)
        {
            foreach (var job in role.Jobs)
            {
                roleOf[job] = role;
            }
        }

        return [.. graph.Order.SelectMany(job => graph.After[job].Select(next => (From: roleOf[job].Name, To: roleOf[next].Name)))
            .Where(p => p.From != p.To).Distinct()
            .SelectMany(p => new[] { new CoordinationLink(p.From, p.To, Handovers), new CoordinationLink(p.To, p.From, Receipts) })
            .GroupBy(l => (l.From, l.To), (ends, links) => new CoordinationLink(ends.From, ends.To, [.. links.SelectMany(l => l.Messages).Distinct()]))];
    }
}
