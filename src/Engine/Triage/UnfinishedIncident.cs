namespace Quorate.Engine.Triage;

/// <summary>An incident of this site that was opened and not closed.</summary>
public sealed record UnfinishedIncident(string IncidentId, string Text, DateTimeOffset OpenedAt);
