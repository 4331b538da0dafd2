using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Quorate.Server.Requests;
using Quorate.Server.Security;

namespace Quorate.Server.Endpoints;

/// <param name="Status">healthy, degraded, unhealthy or failed.</param>
/// <param name="LastHeartbeat">When it last answered; null when it never has.</param>
/// <param name="SecondsSinceHeartbeat">The same as an age.</param>
/// <param name="Failures">In a row.</param>
/// <param name="Retries">Attempts to bring it back.</param>
public sealed record AgentHealthView(string Status, DateTimeOffset? LastHeartbeat, double? SecondsSinceHeartbeat, int Failures, int Retries);

/// <summary>How the members are.</summary>
internal static class AgentEndpoints
{
    public static void MapAgents(this IEndpointRouteBuilder app)
    {
        app.MapGet("/agent_health", (ServerParts parts) => Results.Ok(Health(parts))).WithSummary("How each member is.").Produces<IReadOnlyDictionary<string, AgentHealthView>>();
        app.MapPost("/reset_agent/{id}", Reset).RequireAuthorization(Roles.Operator).WithSummary("Take a member back into service.");
    }

    private static Dictionary<string, AgentHealthView> Health(ServerParts parts)
    {
        var now = parts.Time.GetUtcNow();
        return parts.Health.Snapshot().ToDictionary(
            a => a.Member,
            a => new AgentHealthView(a.Status, a.LastHeartbeat, a.LastHeartbeat is { } last ? Math.Round((now - last).TotalSeconds, 1) : null, a.Failures, a.Retries));
    }

    private static IResult Reset(string id, ServerParts parts) =>
        parts.Health.Reset(id) ? Results.Ok(new { status = "success", message = $"Agent {id} has been reset" }) : Problem.NotFound("agent", id);
}
