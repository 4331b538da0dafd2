namespace Quorate.Lab.Hosting;

/// <summary>The command line or the environment says something that cannot be meant.</summary>
internal sealed class UsageException(string message) : Exception(message);
