using Quorate.Lab.Cloud;
using Quorate.Lab.Cloud.Roles;

// One executable, one service per process: the first argument says which.
string role = args.FirstOrDefault() ?? "help";
try
{
    return role switch
    {
        "api" => await Api.RunAsync(RoleHost.Create("cloud", role, 7201)),
        "worker" => await Worker.RunAsync(RoleHost.Create("cloud", role, 7202)),
        "exporter" => await Exporter.RunAsync(RoleHost.Create("cloud", role, 7203)),
        "load" => await Load.RunAsync(args[1..], "http://127.0.0.1:7901"),
        "health" => await HealthCommand.RunAsync(args[1..]),
        _ => Usage.Print(role),
    };
}
catch (UsageException mistake)
{
    await Console.Error.WriteLineAsync($"cloud {role}: {mistake.Message}");
    return 2;
}
catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or System.Net.Sockets.SocketException)
{
    // Typically the port is taken: the line says so in the same form as every other line of the service.
    new JsonLog(Env.Text("CLOUD_SERVICE", role), TimeProvider.System).Write("FATAL", failure.Message, failure);
    return 1;
}
