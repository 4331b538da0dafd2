namespace Quorate.Server.Ports;

/// <summary>How the panel's members are.</summary>
public interface IAgentHealth
{
    IReadOnlyList<AgentState> Snapshot();

    /// <summary>Takes a member back into service; false when there is none of that name.</summary>
    bool Reset(string member);
}

/// <param name="Member">Its name.</param>
/// <param name="Status">healthy, degraded, unhealthy or failed.</param>
/// <param name="LastHeartbeat">When it last answered; null when it never has.</param>
/// <param name="Failures">In a row.</param>
/// <param name="Retries">Attempts to bring it back.</param>
public sealed record AgentState(string Member, string Status, DateTimeOffset? LastHeartbeat, int Failures, int Retries);
