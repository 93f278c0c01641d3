package hapi;

import ca.uhn.fhir.context.support.IValidationSupport;
import ca.uhn.fhir.jpa.api.config.JpaStorageSettings;
import ca.uhn.fhir.jpa.api.dao.IFhirSystemDao;
import ca.uhn.fhir.jpa.config.r4.JpaR4Config;
import ca.uhn.fhir.jpa.config.r4b.JpaR4BConfig;
import ca.uhn.fhir.jpa.config.r5.JpaR5Config;
import ca.uhn.fhir.jpa.provider.IJpaSystemProvider;
import ca.uhn.fhir.jpa.provider.JpaCapabilityStatementProvider;
import ca.uhn.fhir.jpa.provider.ValueSetOperationProvider;
import ca.uhn.fhir.jpa.search.DatabaseBackedPagingProvider;
import ca.uhn.fhir.rest.api.EncodingEnum;
import ca.uhn.fhir.rest.server.RestfulServer;
import ca.uhn.fhir.rest.server.provider.ResourceProviderFactory;
import ca.uhn.fhir.rest.server.util.ISearchParamRegistry;
import java.util.Map;
import org.eclipse.jetty.ee10.servlet.ServletContextHandler;
import org.eclipse.jetty.ee10.servlet.ServletHolder;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.springframework.context.ApplicationContext;
import org.springframework.context.annotation.AnnotationConfigApplicationContext;

/** usage: Main r4|r4b|r5 PID - serve /fhir on the listening socket that is standard input, until killed or PID ends. */
public class Main {
  static final Map<String, Class<?>> VERSIONS =
      Map.of("r4", JpaR4Config.class, "r4b", JpaR4BConfig.class, "r5", JpaR5Config.class);

  public static void main(String[] args) {
    ProcessHandle.of(Long.parseLong(args[1])) // scripts/hapi: when it is killed, nobody else would end us
        .ifPresentOrElse(caller -> caller.onExit().thenRun(() -> System.exit(0)), () -> System.exit(0));
    try {
      serve(new AnnotationConfigApplicationContext(VERSIONS.get(args[0]), Storage.class));
    } catch (Throwable trouble) { // Spring's scheduler threads would keep a dead server alive for ever
      trouble.printStackTrace();
      System.exit(1);
    }
  }

  static void serve(ApplicationContext app) throws Exception {
    Server jetty = new Server();
    ServerConnector connector = new ServerConnector(jetty);
    connector.setInheritChannel(true); // the caller bound the port: nobody can take it while we start
    jetty.addConnector(connector);
    ServletHolder servlet = new ServletHolder(fhir(app));
    servlet.setInitOrder(1);
    ServletContextHandler web = new ServletContextHandler("/");
    web.addServlet(servlet, "/fhir/*");
    jetty.setHandler(web);
    jetty.setStopAtShutdown(true);
    jetty.start();
  }

  static RestfulServer fhir(ApplicationContext app) {
    IFhirSystemDao<?, ?> system = app.getBean(IFhirSystemDao.class);
    RestfulServer fhir = new RestfulServer(system.getContext());
    fhir.registerProviders(app.getBean(ResourceProviderFactory.class).createProviders());
    fhir.registerProvider(app.getBean(IJpaSystemProvider.class));
    fhir.registerProvider(app.getBean(ValueSetOperationProvider.class));
    fhir.setServerConformanceProvider(new JpaCapabilityStatementProvider(fhir, system,
        app.getBean(JpaStorageSettings.class), app.getBean(ISearchParamRegistry.class), app.getBean(IValidationSupport.class)));
    DatabaseBackedPagingProvider paging = app.getBean(DatabaseBackedPagingProvider.class);
    paging.setDefaultPageSize(20);
    paging.setMaximumPageSize(200);
    fhir.setPagingProvider(paging);
    fhir.setDefaultResponseEncoding(EncodingEnum.JSON);
    return fhir;
  }
}
